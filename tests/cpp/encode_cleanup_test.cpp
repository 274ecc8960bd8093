// HT codeblocks of one cleanup pass: on every instruction set the bytes are those of OpenJPH's encoder, and
// nothing beyond a block is read.
#include <coding/ojph_block_encoder.h>
#include <ojph_mem.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

#include "check.hpp"
#include "core/encoder/cleanup_codes.hpp"
#include "guarded.hpp"
#include "kernels/implementation.hpp"
#include "random.hpp"

namespace {

using namespace htj2k;
using test::up_to;

struct any_block {
  std::uint32_t width = 1, height = 1;
  std::vector<std::int32_t> samples;
  std::uint32_t magnitudes = 0;
};

// How samples are spread: zeros among them in 16ths, the others of up to so many bits or of just as many.
struct spread {
  unsigned bits, zeros;
  bool is_dense;
};

spread any_spread(std::mt19937& random, unsigned most_bits) {
  if (up_to(random, 3) == 0) return {1 + up_to(random, most_bits - 1), 0, true};
  return {1 + up_to(random, most_bits - 1), up_to(random, 16), false};
}

std::int32_t any_sample(std::mt19937& random, const spread& how) {
  if (up_to(random, 15) < how.zeros) return 0;
  const unsigned bits = how.is_dense ? how.bits : up_to(random, how.bits);
  std::uint32_t magnitude = up_to(random, (1U << bits) - 1);
  if (up_to(random, 7) == 0) magnitude = 1U << bits >> 1;
  if (how.is_dense) magnitude |= 1U << (bits - 1);
  return up_to(random, 1) == 0 ? static_cast<std::int32_t>(magnitude) : -static_cast<std::int32_t>(magnitude);
}

any_block make_block(std::mt19937& random, unsigned most_bits) {
  any_block made;
  const std::uint32_t log_width = 2 + up_to(random, 8);
  made.width = 1U << log_width;
  made.height = 1U << (2 + up_to(random, std::min(8U, 10 - log_width)));
  if (up_to(random, 1) == 0) made.width = 1 + up_to(random, made.width - 1);
  if (up_to(random, 1) == 0) made.height = 1 + up_to(random, made.height - 1);
  made.samples.resize(std::size_t{made.width} * made.height);
  const spread how = any_spread(random, most_bits);
  const bool in_part = up_to(random, 2) == 0;
  const std::size_t begin = in_part ? up_to(random, static_cast<std::uint32_t>(made.samples.size() - 1)) : 0;
  const std::size_t step = in_part ? 1 + up_to(random, 40) : 1;
  for (std::size_t i = begin; i < made.samples.size(); i += step) made.samples[i] = any_sample(random, how);
  for (const std::int32_t sample : made.samples)
    made.magnitudes |= static_cast<std::uint32_t>(std::abs(sample));
  return made;
}

constexpr unsigned num_planes = 27;

// For more columns OpenJPH's encoder writes a byte behind its own memory (0.32.0).
constexpr std::uint32_t most_columns_of_openjph = 1020;

std::vector<std::uint8_t> bytes_of_openjph(const any_block& block) {
  if (block.magnitudes == 0) return {};
  const std::size_t stride = (block.width + 15) / 16 * 16;
  std::vector<std::uint32_t> words(stride * (block.height + 4));
  for (std::uint32_t y = 0; y < block.height; ++y)
    for (std::uint32_t x = 0; x < block.width; ++x) {
      const std::int32_t sample = block.samples[std::size_t{y} * block.width + x];
      words[y * stride + x] =
          static_cast<std::uint32_t>(std::abs(sample)) << (31 - num_planes) | (sample < 0 ? 1U << 31 : 0);
    }
  static const bool has_tables = ojph::local::initialize_block_encoder_tables();
  CHECK(has_tables);
  ojph::mem_elastic_allocator memory(1 << 16);
  ojph::coded_lists* coded = nullptr;
  ojph::ui32 lengths[2] = {};
  ojph::local::ojph_encode_codeblock32(words.data(), num_planes - 1, 1, block.width, block.height,
                                       static_cast<ojph::ui32>(stride), lengths, &memory, coded);
  return {coded->buf, coded->buf + lengths[0]};
}

struct guarded_memory {
  test::guarded rows{sizeof(std::int32_t) * 3 * 4096 + 4096};
  test::guarded bytes{kernels::encoded_cleanup::most_bytes};
  test::guarded scratch{sizeof(kernels::cleanup_scratch)};
};

template <typename T>
std::vector<std::uint8_t> bytes_of(const kernels::implementation& kernels, const any_block& block,
                                   const guarded_memory& memory) {
  constexpr std::size_t behind = 15;
  const std::size_t stride = block.width + 3;
  const std::size_t count = stride * (block.height - 1) + block.width + behind;
  T* const rows = memory.rows.last_of<T>(count);
  std::fill_n(rows, count, T{0x5A});  // what is not of the block
  for (std::uint32_t y = 0; y < block.height; ++y)
    for (std::uint32_t x = 0; x < block.width; ++x)
      rows[y * stride + x] = static_cast<T>(block.samples[std::size_t{y} * block.width + x]);
  kernels::cleanup_source<T> source;
  source.codes = encoder::cleanup_codes();
  source.scratch = memory.scratch.last_of<kernels::cleanup_scratch>(1);
  source.rows = rows;
  source.row_stride = stride;
  source.width = block.width;
  source.height = block.height;
  std::uint8_t* const out = memory.bytes.last(kernels::encoded_cleanup::most_bytes);
  const kernels::encoded_cleanup encoded = kernels.encode_cleanup<T>()(source, out);
  CHECK(encoded.magnitudes == block.magnitudes);
  return {out, out + encoded.size};
}

// A block in which one sample needs more bits than are encoded.
void check_too_large(const kernels::implementation& kernels, const guarded_memory& memory) {
  any_block block;
  block.width = 40;
  block.height = 5;
  block.samples.resize(200);
  block.samples[150] = 1 << (kernels::most_encoded_bits - 1);
  block.magnitudes = 1 << (kernels::most_encoded_bits - 1);
  CHECK(!bytes_of<std::int32_t>(kernels, block, memory).empty());
  block.samples[150] = block.samples[150] + 1;
  block.magnitudes |= 1;
  CHECK(bytes_of<std::int32_t>(kernels, block, memory).empty());
}

}  // namespace

// encode_cleanup_test [BLOCKS [SEED]]
int main(int count, char** arguments) {
  if (encoder::cleanup_codes() == nullptr) return test::finish();
  const guarded_memory memory;
  for (const kernels::implementation* kernels : kernels::available()) check_too_large(*kernels, memory);
  const unsigned long num_blocks = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 10000;
  std::mt19937 random(count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 1);
  for (unsigned long i = 0; i < num_blocks; ++i) {
    const bool in_16_bits = up_to(random, 1) == 0;
    const any_block block = make_block(random, in_16_bits ? 15 : 26);
    const std::vector<std::uint8_t> expected =
        block.width <= most_columns_of_openjph
            ? bytes_of_openjph(block)
            : bytes_of<std::int32_t>(kernels::find("portable"), block, memory);
    for (const kernels::implementation* kernels : kernels::available()) {
      CHECK(bytes_of<std::int32_t>(*kernels, block, memory) == expected);
      if (in_16_bits) CHECK(bytes_of<std::int16_t>(*kernels, block, memory) == expected);
    }
  }
  return test::finish();
}
