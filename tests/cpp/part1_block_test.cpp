// The decoder of Part 1 codeblocks over any bytes, in any style: it neither reads nor writes beyond what it
// is given, and says the same in words of 32 and of 64 bits.
#include "core/native/part1_block.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "check.hpp"
#include "guarded.hpp"
#include "random.hpp"

namespace {

using namespace htj2k;
using test::up_to;

constexpr unsigned planes = 30;
constexpr std::uint32_t most_samples = 4096;
constexpr std::uint32_t most_bytes = 2000;

struct any_block {
  native::block_size size;
  native::block_coding coding;
  coded_block block;
  part1_pieces pieces;
};

// Passes with their bytes, in pieces that each belong to one segment, as the header reader leaves them.
void add_passes(any_block& made, std::mt19937& random, std::uint32_t num_bytes) {
  const unsigned missing = up_to(random, planes - 1);
  const unsigned num_passes = 1 + up_to(random, 3 * (planes - missing) - 3);
  const part1_style style(made.coding.style);
  std::uint32_t at = 0;
  unsigned pass = 0, left = 0;
  while (pass < num_passes) {
    if (left == 0) left = style.passes_left_in_segment(pass);
    part1_piece piece;
    piece.passes = static_cast<std::uint8_t>(1 + up_to(random, std::min(left, num_passes - pass) - 1));
    piece.offset = at;
    piece.size = pass + piece.passes == num_passes ? num_bytes - at : up_to(random, num_bytes - at) / 2;
    piece.previous = made.block.last_piece();
    made.pieces.push_back(piece);
    made.block.offsets[0] = made.pieces.size();
    at += piece.size;
    pass += piece.passes;
    left -= piece.passes;
  }
  made.block.num_passes = static_cast<std::uint8_t>(num_passes);
  made.block.missing_planes = static_cast<std::uint8_t>(missing);
}

template <typename Word>
bool decode(const any_block& made, byte_span data, const test::guarded& memory, std::vector<Word>& words) {
  const std::size_t count = std::size_t{made.size.width} * made.size.height;
  Word* const out = memory.last_of<Word>(count);
  native::block_coding coding = made.coding;
  coding.pieces = &made.pieces;
  const bool ok = native::decode_part1_block(data, made.block, made.size, coding, out, made.size.width);
  words.assign(out, out + count);
  return ok;
}

// A block of noise, one as a marker may never stand in it, or one whose bytes are not all there.
bool decode_any(std::mt19937& random, const test::guarded& input, const test::guarded& output) {
  any_block made;
  made.size.width = 1 + up_to(random, 80);
  made.size.height = 1 + up_to(random, std::min<std::uint32_t>(80, most_samples / made.size.width) - 1);
  made.coding.style = static_cast<std::uint8_t>(up_to(random, 63));
  made.coding.band = static_cast<orientation>(up_to(random, 3));
  const std::uint32_t num_bytes = up_to(random, most_bytes);
  std::uint8_t* const bytes = input.last(num_bytes);
  const std::uint32_t most = up_to(random, 3) == 0 ? 255 : 254;  // without FF nothing looks like a marker
  for (std::uint32_t i = 0; i < num_bytes; ++i) bytes[i] = static_cast<std::uint8_t>(up_to(random, most));
  add_passes(made, random, num_bytes);

  std::vector<std::uint32_t> narrow;
  std::vector<std::uint64_t> wide;
  const byte_span data{bytes, num_bytes};
  const bool ok = decode(made, data, output, narrow);
  CHECK(decode(made, data, output, wide) == ok);
  if (ok)
    for (std::size_t i = 0; i < narrow.size(); ++i) CHECK(wide[i] >> 32 == narrow[i]);
  if (num_bytes > 0 && made.pieces.back().size > 0)
    CHECK(!decode(made, {bytes, num_bytes - 1}, output, narrow));
  return ok;
}

void decode_a_marker() {
  any_block made;
  made.size = {4, 4};
  made.pieces.push_back({0, 4, 0, 1});
  made.block.offsets[0] = 1;
  made.block.num_passes = 1;
  const test::guarded output(1024);
  std::vector<std::uint32_t> words;
  const std::uint8_t legal[] = {0x12, 0xFF, 0x8F, 0x34}, marker[] = {0x12, 0xFF, 0x90, 0x34};
  CHECK(decode(made, {legal, 4}, output, words));
  CHECK(!decode(made, {marker, 4}, output, words));
}

}  // namespace

int main() {
  std::mt19937 random(1);
  const test::guarded input(most_bytes), output(most_samples * sizeof(std::uint64_t));
  int num_decoded = 0;
  for (int i = 0; i < 3000; ++i) num_decoded += decode_any(random, input, output) ? 1 : 0;
  CHECK(num_decoded > 500);
  decode_a_marker();
  return htj2k::test::finish();
}
