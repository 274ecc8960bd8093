#include "core/encoder/block_encoder.hpp"

#include <stdexcept>

#include "core/encoder/cleanup_codes.hpp"

namespace htj2k::encoder {

bool has_block_encoder() { return cleanup_codes() != nullptr; }

block_encoder::block_encoder() : kernels_(kernels::active()), memory_(new memory) {}  // not cleared

template <typename T>
coded_bytes block_encoder::encode(const block_samples<T>& samples, std::uint32_t& magnitudes) {
  kernels::cleanup_source<T> source;
  source.codes = cleanup_codes();
  source.scratch = &memory_->scratch;
  source.rows = samples.rows;
  source.row_stride = samples.stride;
  source.width = samples.width;
  source.height = samples.height;
  const kernels::encoded_cleanup found = kernels_.encode_cleanup<T>()(source, memory_->bytes);
  magnitudes |= found.magnitudes;
  if (found.magnitudes == 0) return {};
  if (found.size == 0) throw std::logic_error("a coefficient has more bits than samples can give it");
  return {arena_.keep(memory_->bytes, found.size), static_cast<std::uint32_t>(found.size)};
}

template coded_bytes block_encoder::encode(const block_samples<std::int16_t>&, std::uint32_t&);
template coded_bytes block_encoder::encode(const block_samples<std::int32_t>&, std::uint32_t&);

}  // namespace htj2k::encoder
