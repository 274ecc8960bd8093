// HT codeblocks of one cleanup pass: what is decoded straight to coefficients is what OpenJPH's decoder and
// the way through its words give, of valid blocks and of any bytes; and nothing beyond a block is read or
// written.
#include <coding/ojph_block_encoder.h>
#include <ojph_mem.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

#include "check.hpp"
#include "core/native/block_decoder.hpp"
#include "core/native/cleanup_tables.hpp"
#include "guarded.hpp"
#include "kernels/implementation.hpp"
#include "random.hpp"

namespace {

using namespace htj2k;
using test::up_to;

constexpr std::size_t most_bytes = 20000;
constexpr std::int16_t untouched = 0x5A5A;

struct any_block {
  native::block_size size;
  unsigned planes = 0;  // M_b
  std::vector<std::uint8_t> bytes;
  bool is_valid = false;
};

native::block_size any_size(std::mt19937& random) {
  const std::uint32_t log_width = 2 + up_to(random, 8);
  const std::uint32_t log_height = 2 + up_to(random, std::min(8U, 10 - log_width));
  native::block_size size{1U << log_width, 1U << log_height, 1024};
  if (up_to(random, 1) == 0) size.width = 1 + up_to(random, size.width - 1);
  if (up_to(random, 1) == 0) size.height = 1 + up_to(random, size.height - 1);
  if (up_to(random, 3) == 0) size.rows_wanted = 1 + up_to(random, size.height - 1);
  return size;
}

// How the samples of a block are spread: zeros among them in 16ths, all others of `bits` bits, or of up to so
// many.
struct spread {
  unsigned bits, zeros;
  bool is_dense;
};

spread any_spread(std::mt19937& random, unsigned planes) {
  if (up_to(random, 3) == 0) return {planes, 0, true};
  return {1 + up_to(random, planes - 1), up_to(random, 16), false};
}

std::uint32_t any_magnitude(std::mt19937& random, const spread& how) {
  if (up_to(random, 15) < how.zeros) return 0;
  const unsigned bits = how.is_dense ? how.bits : up_to(random, how.bits);
  const std::uint32_t magnitude = up_to(random, (1U << bits) - 1);
  return how.is_dense ? magnitude | 1U << (bits - 1) : magnitude;
}

// All of a block, or the part outside of which all samples are zero.
rect any_part(std::mt19937& random, const native::block_size& size) {
  rect part{0, 0, size.width, size.height};
  if (up_to(random, 1) == 0) return part;
  part.x1 = up_to(random, size.width);
  part.y1 = up_to(random, size.height);
  part.x0 = up_to(random, part.x1);
  part.y0 = up_to(random, part.y1);
  return part;
}

// OpenJPH's portable encoder writes a byte behind its own memory for blocks of more than 1020 columns
// (0.32.0).
constexpr std::uint32_t most_encoded_columns = 1020;

void encode(std::mt19937& random, any_block& made) {
  made.size.width = std::min(made.size.width, most_encoded_columns);
  const std::size_t stride = (made.size.width + 15) / 16 * 16;
  std::vector<std::uint32_t> words(stride * (made.size.height + 4));
  const spread how = any_spread(random, made.planes);
  const rect part = any_part(random, made.size);
  for (std::uint32_t y = part.y0; y < part.y1; ++y)
    for (std::uint32_t x = part.x0; x < part.x1; ++x)
      words[y * stride + x] = any_magnitude(random, how) << (31 - made.planes) | up_to(random, 1) << 31;
  static const bool has_tables = ojph::local::initialize_block_encoder_tables();
  CHECK(has_tables);
  ojph::mem_elastic_allocator memory(1 << 16);
  ojph::coded_lists* coded = nullptr;
  ojph::ui32 lengths[2] = {};
  ojph::local::ojph_encode_codeblock32(words.data(), made.planes - 1, 1, made.size.width, made.size.height,
                                       static_cast<ojph::ui32>(stride), lengths, &memory, coded);
  made.bytes.assign(coded->buf, coded->buf + lengths[0]);
}

// The last two bytes say where MEL and VLC begin: mostly at a place that exists.
void scribble(std::mt19937& random, any_block& made) {
  made.bytes.resize(2 + up_to(random, up_to(random, 3) == 0 ? 1000 : 60));
  const bool mostly_ones = up_to(random, 3) == 0;
  for (auto& byte : made.bytes)
    byte = static_cast<std::uint8_t>(mostly_ones && up_to(random, 3) != 0 ? 255 : up_to(random, 255));
  const std::size_t suffix = up_to(random, static_cast<std::uint32_t>(made.bytes.size()));
  made.bytes[made.bytes.size() - 1] = static_cast<std::uint8_t>(suffix >> 4);
  made.bytes[made.bytes.size() - 2] =
      static_cast<std::uint8_t>((made.bytes[made.bytes.size() - 2] & 0xF0) | (suffix & 15));
}

void change_bit(std::mt19937& random, std::vector<std::uint8_t>& bytes) {
  std::uint8_t& byte = bytes[up_to(random, static_cast<std::uint32_t>(bytes.size() - 1))];
  byte = static_cast<std::uint8_t>(byte ^ 1U << up_to(random, 7));
}

any_block make_block(std::mt19937& random) {
  any_block made;
  made.size = any_size(random);
  made.planes = 1 + up_to(random, 26);
  const std::uint32_t kind = up_to(random, 3);
  if (kind == 0) {
    scribble(random, made);
    return made;
  }
  encode(random, made);
  made.is_valid = kind != 1;
  if (kind == 1)
    for (unsigned changes = 1 + up_to(random, 3); changes > 0; --changes) change_bit(random, made.bytes);
  return made;
}

rect any_window(std::mt19937& random, const native::block_size& size) {
  rect window{0, 0, size.width, std::min(size.height, size.rows_wanted)};
  if (up_to(random, 2) != 0) return window;
  window.x0 = up_to(random, window.x1 - 1);
  window.x1 = window.x0 + 1 + up_to(random, window.x1 - window.x0 - 1);
  window.y0 = up_to(random, window.y1 - 1);
  return window;
}

template <typename T>
bool same(native::block_decoder& decoder, const any_block& made, byte_span data, const coded_block& block,
          const rect& window, const T* found, std::size_t stride) {
  const auto words = decoder.decode<std::uint32_t>(data, block, made.size, {}, {made.planes, 0});
  if (words.words == nullptr) return false;
  kernels::block_transfer<std::int32_t> how;
  how.words = words.words + window.y0 * words.stride + window.x0;
  how.word_stride = words.stride;
  how.width = window.width();
  how.height = window.height();
  std::vector<std::int32_t> expected(how.width * how.height);
  how.rows = expected.data();
  how.row_stride = how.width;
  how.shift = 31 - made.planes;
  std::int32_t overflow = 0;
  kernels::active().synthesis32.take_block(how, overflow);
  for (std::size_t y = 0; y < how.height; ++y)
    if (!std::equal(found + y * stride, found + y * stride + how.width, expected.data() + y * how.width))
      return false;
  return true;
}

// Of a valid block of so many planes no quad needs more bits than the lanes of 32 have. Those of 16 may need
// the former, and have coefficients of 16 bits in the end.
template <typename T>
bool must_be_direct(const any_block& made) {
  return made.is_valid && made.planes + 1 <= kernels::cleanup_block<std::int32_t>::most_bits &&
         made.planes + 1 <= 8 * sizeof(T);
}

// True if it was decoded directly.
template <typename T>
bool check_block(native::block_decoder& decoder, const any_block& made, const rect& window,
                 const test::guarded& bytes, const test::guarded& rows) {
  std::copy(made.bytes.begin(), made.bytes.end(), bytes.last(made.bytes.size()));
  const byte_span data{bytes.last(made.bytes.size()), made.bytes.size()};
  coded_block block;
  block.sizes[0] = static_cast<std::uint16_t>(made.bytes.size());
  block.missing_planes = static_cast<std::uint8_t>(made.planes - 1);
  block.num_passes = 1;
  // A column stays free at the right; the last row ends where memory does.
  const std::size_t stride = window.width() + 1;
  const std::size_t count = stride * window.height() - 1;
  T* const out = rows.last_of<T>(count);
  std::fill_n(out, count, T{untouched});
  if (!decoder.decode_directly(data, block, made.size, {made.planes, 0}, window, out, stride)) {
    CHECK(!must_be_direct<T>(made));
    return false;
  }
  CHECK(same(decoder, made, data, block, window, out, stride));
  for (std::size_t y = 0; y + 1 < window.height(); ++y) CHECK(out[y * stride + stride - 1] == untouched);
  return true;
}

// What the decoder is not for.
void check_others(native::block_decoder& decoder) {
  std::mt19937 random(1);
  any_block made;
  made.size = {64, 64, 1024};
  made.planes = 8;
  encode(random, made);
  const byte_span data{made.bytes.data(), made.bytes.size()};
  std::vector<std::int16_t> out(64 * 64);
  const auto is_direct = [&](const coded_block& block, const native::block_planes& planes) {
    return decoder.decode_directly(data, block, made.size, planes, {0, 0, 64, 64}, out.data(), 64);
  };
  coded_block block;
  block.sizes[0] = static_cast<std::uint16_t>(made.bytes.size());
  block.missing_planes = 7;
  block.num_passes = 1;
  CHECK(is_direct(block, {8, 0}));
  CHECK(!is_direct(block, {9, 0}));
  CHECK(!is_direct(block, {8, 1}));
  coded_block other = block;
  other.num_passes = 2;
  CHECK(!is_direct(other, {8, 0}));
  other = block;
  other.offsets[0] = 1;
  CHECK(!is_direct(other, {8, 0}));
}

// More MagSgn bytes than any block's samples have, of a block that says it is larger than any: what is kept
// of them ends where the memory for them does.
template <typename T>
void check_memory(std::mt19937& random, const test::guarded& memory, const test::guarded& rows) {
  kernels::cleanup_block<T> block;
  std::vector<std::uint8_t> bytes(kernels::cleanup_memory::most_magsgn_bytes + 100);
  for (std::size_t i = up_to(random, 40); i > 0; --i) bytes[i] = up_to(random, 3) == 0 ? 0xFF : 0;
  const std::vector<std::uint8_t> mel_and_vlc{0x80, 0};
  block.tables = native::cleanup_tables();
  block.memory = memory.last_of<kernels::cleanup_memory>(1);
  block.segments = {bytes.data(), bytes.size(), mel_and_vlc.data(), mel_and_vlc.size()};
  block.width = 128;
  block.height = 128;
  block.num_planes = 8;
  block.rows = rows.last_of<T>(block.width * block.height);
  block.row_stride = block.width;
  kernels::active().decode_cleanup<T>()(block);
}

}  // namespace

// cleanup_test [BLOCKS [SEED]]
int main(int count, char** arguments) {
  if (kernels::active().decode_cleanup16 == nullptr) return test::finish();
  const test::guarded bytes(most_bytes), rows(sizeof(std::int32_t) * 2 * 4096 + 4096);
  native::block_decoder decoder;
  check_others(decoder);
  const test::guarded memory(sizeof(kernels::cleanup_memory)), large(sizeof(std::int32_t) * 128 * 128);
  const unsigned long num_blocks = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 20000;
  std::mt19937 random(count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 1);
  unsigned long in_16_bits = 0, in_32_bits = 0;
  for (unsigned i = 0; i < 200; ++i) {
    check_memory<std::int16_t>(random, memory, large);
    check_memory<std::int32_t>(random, memory, large);
  }
  for (unsigned long i = 0; i < num_blocks; ++i) {
    const any_block made = make_block(random);
    if (made.bytes.size() > most_bytes) continue;
    const rect window = any_window(random, made.size);
    if (check_block<std::int16_t>(decoder, made, window, bytes, rows)) ++in_16_bits;
    if (check_block<std::int32_t>(decoder, made, window, bytes, rows)) ++in_32_bits;
  }
  std::printf("of %lu blocks %lu decoded directly in 16 bits, %lu in 32\n", num_blocks, in_16_bits,
              in_32_bits);
  CHECK(in_16_bits > num_blocks / 3);
  CHECK(in_32_bits > num_blocks / 2);
  return test::finish();
}
