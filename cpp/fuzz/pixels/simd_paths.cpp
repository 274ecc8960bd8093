// Every SIMD path gives what the portable one gives: checksums of bytes, pyramids of pixels, rows read and
// written.
#include <fuzzer/FuzzedDataProvider.h>

#include "core/pixel_checksums.hpp"
#include "fuzz/images.hpp"
#include "kernels/implementation.hpp"

using namespace htj2k;

namespace {

using kernels::implementation;

const implementation& portable() { return *kernels::available().back(); }

void compare_crc32(const implementation& path, const fuzz::bytes& data, std::size_t skipped) {
  const std::uint8_t* start = data.data() + skipped;
  const std::size_t size = data.size() - skipped;
  fuzz::require(path.crc32(7, start, size) == portable().crc32(7, start, size), "CRC-32 is the same");
}

void compare_pyramids(const implementation& path, const fuzz::decoded_image& image,
                      const pixel_checksum_options& options) {
  const auto found = checksum_pixels(fuzz::view_of(image), options, path);
  const auto expected = checksum_pixels(fuzz::view_of(image), options, portable());
  fuzz::require(found.min == expected.min && found.max == expected.max, "the range is the same");
  for (std::size_t r = 0; r < expected.resolutions.size(); ++r)
    fuzz::require(found.resolutions[r].crc32 == expected.resolutions[r].crc32, "the pyramid is the same");
}

// Reads pixels into rows and writes them, clamped, to samples of another size.
template <typename T>
fuzz::bytes repack(const kernels::line_kernels<T>& lines, const fuzz::bytes& samples, std::size_t components,
                   unsigned log_size, bool is_signed, unsigned log_out, T low, T high) {
  const std::size_t n = (samples.size() >> log_size) / components;
  if (n == 0) return {};
  std::vector<std::vector<T>> rows(components, std::vector<T>(n));
  std::vector<T*> pointers;
  for (auto& row : rows) pointers.push_back(row.data());
  lines.unpack[is_signed][log_size](samples.data(), components, n, pointers.data());
  fuzz::bytes out((n * components) << log_out);
  lines.pack[log_out](pointers.data(), components, n, low, high, out.data());
  return out;
}

template <typename T>
void compare_rows(const implementation& path, const fuzz::bytes& samples, FuzzedDataProvider from) {
  const auto components = from.ConsumeIntegralInRange<std::size_t>(1, 5);
  const auto log_size = from.ConsumeIntegralInRange<unsigned>(0, sizeof(T) == 2 ? 1 : 2);
  const auto log_out = from.ConsumeIntegralInRange<unsigned>(0, sizeof(T) == 2 ? 1 : 2);
  const bool is_signed = from.ConsumeBool();
  const T a = from.ConsumeIntegral<T>(), b = from.ConsumeIntegral<T>();
  const auto run = [&](const implementation& with) {
    return repack<T>(with.lines<T>(), samples, components, log_size, is_signed, log_out, std::min(a, b),
                     std::max(a, b));
  };
  fuzz::require(run(path) == run(portable()), "rows are the same");
}

pixel_checksum_options choose(FuzzedDataProvider& from, image_layout& layout) {
  pixel_checksum_options options;
  options.bit_depth = from.ConsumeIntegralInRange<std::uint32_t>(1, 32);
  options.num_decompositions = from.ConsumeIntegralInRange<std::uint32_t>(0, 6);
  layout.components = from.ConsumeIntegralInRange<std::uint32_t>(1, 4);
  options.color_transform = layout.components >= 3 && from.ConsumeBool();
  options.clamp = from.ConsumeBool() ? clamp_policy::precision : clamp_policy::container;
  layout.type = decoded_type(options.bit_depth, from.ConsumeBool());
  layout.width = from.ConsumeIntegralInRange<std::uint32_t>(1, 150);
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider from(data, size);
  image_layout layout;
  const pixel_checksum_options options = choose(from, layout);
  const auto skipped = from.ConsumeIntegralInRange<std::size_t>(0, 7);
  const auto samples = from.ConsumeRemainingBytes<std::uint8_t>();
  const std::size_t row = std::size_t{layout.width} * layout.components * sample_size(layout.type);
  layout.height = static_cast<std::uint32_t>(samples.size() / row + 1);
  fuzz::decoded_image image = fuzz::make_image(layout, 0);
  for (std::size_t i = 0; i < image.samples.size() / sample_size(layout.type); ++i)
    fuzz::put_sample(image, i, i < samples.size() ? samples[i] * 0x01010101ULL : i, options.bit_depth);
  for (const implementation* path : kernels::available()) {
    if (samples.size() >= skipped) compare_crc32(*path, samples, skipped);
    compare_pyramids(*path, image, options);
    compare_rows<std::int16_t>(*path, samples, FuzzedDataProvider(data, size));
    compare_rows<std::int32_t>(*path, samples, FuzzedDataProvider(data, size));
    compare_rows<std::int64_t>(*path, samples, FuzzedDataProvider(data, size));
  }
  return 0;
}
