// Fixed work for callgrind, which counts its instructions: see instructions.py. Each call of `measured` is
// one measurement; its name goes to the standard output, in the order of the calls. A wrong answer ends
// with 1.
#include <ojph_arch.h>
#include <ojph_version.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "core/codestream_checksums.hpp"
#include "core/pixel_checksums.hpp"
#include "images.hpp"
#include "kernels/implementation.hpp"

// What callgrind looks for. Not inlined, and out of the anonymous namespace, so that it has a plain name.
extern "C" [[gnu::noinline, gnu::visibility("default")]] void measured(const std::function<void()>& call) {
  call();
}

namespace {

using namespace htj2k;
using namespace htj2k::test;

// The first call fills tables and the memory that is kept; from the second on all are alike.
void measure(const std::string& name, const std::function<void()>& call) {
  call();
  measured(call);
  std::printf("%s\n", name.c_str());
}

void require(bool ok, const std::string& what) {
  if (ok) return;
  std::fprintf(stderr, "%s: wrong answer\n", what.c_str());
  std::exit(1);
}

// A bright disc on dark ground with noise, in integers: the same on every machine.
image disc(const image_layout& layout, std::uint32_t bit_depth, std::int64_t dark, std::int64_t bright,
           unsigned noise_bits) {
  image made{layout, bit_depth, {}};
  std::mt19937 random(1);
  const std::int64_t rows = layout.height, columns = layout.width;
  for (std::int64_t y = 0; y < rows; ++y)
    for (std::int64_t x = 0; x < columns; ++x) {
      const std::int64_t dy = 2 * y - rows, dx = 2 * x - columns;
      const bool inside = dy * dy + dx * dx < rows * columns * 3 / 4;
      for (std::uint32_t c = 0; c < layout.components; ++c) {
        const auto noise =
            static_cast<std::int64_t>((random() >> (32 - noise_bits)) + (random() >> (32 - noise_bits)));
        const std::int64_t value = (inside ? bright + (x + 2 * y) / 16 : dark) + noise + 10 * c;
        for (std::size_t b = 0; b < sample_size(layout.type); ++b)
          made.bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * b)));
      }
    }
  return made;
}

encode_options options_for(const image& original) {
  encode_options options;
  options.bit_depth = original.bit_depth;
  options.num_decompositions = 4;
  options.color_transform = original.layout.components == 3;
  return options;
}

void measure_image(const std::string& name, const image& original) {
  const auto pixels = view_of<const_image_view>(original.layout, original.bytes);
  const encode_options options = options_for(original);
  std::vector<std::uint8_t> codestream;
  measure(name + " encode", [&] {
    encoded_image encoded = encode(pixels, options, std::nullopt);
    codestream = joined(encoded);
  });

  std::vector<std::uint8_t> found;
  measure(name + " decode", [&] { found = decoded(codestream, 0); });
  require(found == original.bytes, name + " decode");

  pixel_checksums expected;
  measure(name + " pixel_checksums", [&] {
    expected = checksum_pixels(pixels, {options.bit_depth, options.num_decompositions,
                                        options.color_transform, clamp_policy::precision});
  });

  codestream_checksums actual;
  measure(name + " verify", [&] {
    const open_codestream opened = open_strict({codestream.data(), codestream.size()}, limits(), 0);
    const image_view nowhere = view_without_memory(layout_at(opened.cs, 0));
    actual = checksum_codestream(opened, {}, {options.num_decompositions, false, false}, nowhere);
  });
  require(actual.resolutions.size() == options.num_decompositions + 1, name + " verify");
  for (std::size_t r = 0; r < actual.resolutions.size(); ++r)
    require(actual.resolutions[r].crc32 == expected.resolutions[r].crc32, name + " verify");

  std::uint32_t crc = 0;
  const auto crc32 = kernels::active().crc32;
  measure(name + " crc32", [&] { crc = crc32(0, original.bytes.data(), original.bytes.size()); });
  require(crc == expected.resolutions.back().crc32, name + " crc32");
}

}  // namespace

int main() {
#if defined(__clang__)
  std::printf("# compiler: clang %d.%d.%d\n", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  std::printf("# compiler: gcc %d.%d.%d\n", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
  std::printf("# OpenJPH: %d.%d.%d\n", OPENJPH_VERSION_MAJOR, OPENJPH_VERSION_MINOR, OPENJPH_VERSION_PATCH);
  std::printf("# OpenJPH's CPU level: %d\n", ojph::get_cpu_ext_level());
  measure_image("CT", disc({sample_type::i2, 512, 512, 1}, 16, -1000, 40, 5));
  measure_image("DX", disc({sample_type::u2, 1024, 800, 1}, 12, 700, 2100, 6));
  measure_image("WSI", disc({sample_type::u1, 256, 256, 3}, 8, 200, 90, 3));
  measure_image("NM", disc({sample_type::u2, 64, 64, 1}, 16, 100, 900, 6));  // what a call costs at least
}
