// Both engines over streams whose image and tiles start anywhere: the parities that encode() never makes. And
// the native one over damaged bytes, from which only htj2k::error may come.
#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

#include "any_stream.hpp"
#include "check.hpp"
#include "core/decode.hpp"
#include "core/limits.hpp"
#include "core/ojph_messages.hpp"
#include "core/strict.hpp"
#include "damage.hpp"
#include "image_memory.hpp"

namespace {

using namespace htj2k;
using namespace htj2k::test;
using bytes = std::vector<std::uint8_t>;

bool are_within(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b, std::int64_t most) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::abs(a[i] - b[i]) > most) return false;
  return true;
}

// An area may be empty at a reduced size, which both refuse.
bool is_decodable(const bytes& data, std::uint32_t reduce) {
  try {
    const open_codestream opened =
        open_strict({data.data(), data.size()}, limits{}, reduce, decode_engine::native);
    layout_at(opened.cs, reduce);
    return true;
  } catch (const error& e) {
    CHECK(e.code() == error_code::unsupported);
    return false;
  }
}

void compare_engines(std::mt19937& random) {
  const stream_shape shape = any_shape(random);
  const bytes data = encoded(shape, random);
  for (std::uint32_t reduce = 0; reduce <= shape.levels; ++reduce) {
    if (!is_decodable(data, reduce)) continue;
    const auto expected = decoded(data, reduce, decode_engine::openjph, 1);
    // A float holds 24 bits: of deeper samples the last ones are rounding.
    const std::int64_t most = shape.reversible ? 0 : shape.bit_depth <= 16 ? 1 : 16;
    CHECK(are_within(decoded(data, reduce, decode_engine::native, 1), expected, most));
    CHECK(decoded(data, reduce, decode_engine::native, 3) == decoded(data, reduce, decode_engine::native, 1));
  }
}

void decode_damaged_bytes(std::mt19937& random) {
  bytes data = encoded(any_shape(random), random);
  damage(data, random);
  try {
    limits bounds;
    bounds.max_pixels = 1 << 16;
    const open_codestream opened = open_strict({data.data(), data.size()}, bounds, 0, decode_engine::native);
    decoded(data, 0, decode_engine::native, 1 + up_to(random, 2));
  } catch (const error&) {
  }
}

}  // namespace

int main() {
  initialize_openjph();
  std::mt19937 random(1);
  for (int i = 0; i < 150; ++i) compare_engines(random);
  for (int i = 0; i < 400; ++i) decode_damaged_bytes(random);
  return htj2k::test::finish();
}
