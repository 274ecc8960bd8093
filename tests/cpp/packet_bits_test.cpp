// The reader of packet headers' bits against one that takes them one by one.
#include "core/packet_bits.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>

#include "check.hpp"
#include "guarded.hpp"
#include "random.hpp"

namespace {

using namespace htj2k;
using test::up_to;

// T.800 B.10.1 as it is written.
class single_bits {
public:
  single_bits(byte_span bytes, std::uint64_t position, std::uint64_t stop)
      : bytes_(bytes), position_(position), stop_(stop) {}

  bool has_ended() const { return left_ == 0 && position_ == stop_; }

  unsigned bit() {
    if (left_ == 0) next_byte();
    return current_ >> --left_ & 1;
  }

  std::uint64_t bits(unsigned count) {
    std::uint64_t value = 0;
    while (count-- > 0) value = 2 * value + bit();
    return value;
  }

  unsigned run(unsigned of, unsigned most) {
    unsigned found = 0;
    while (bit() == of)
      if (++found > most) break;
    return found;
  }

  std::uint64_t position() const { return position_; }

  std::uint64_t finish() {
    if (current_ == 0xFF) next_byte();
    return position_;
  }

private:
  void next_byte() {
    if (position_ == stop_) throw error(error_code::codestream, "end", position_);
    left_ = current_ == 0xFF ? 7 : 8;
    current_ = bytes_.data[position_++];
  }

  byte_span bytes_;
  std::uint64_t position_, stop_;
  unsigned current_ = 0, left_ = 0;
};

// What `read` gives, or nothing and the offset of the error.
struct outcome {
  std::optional<std::uint64_t> value;
  std::uint64_t offset = 0;

  template <typename Read>
  explicit outcome(Read read) {
    try {
      value = read();
    } catch (const error& e) {
      offset = *e.offset();
    }
  }

  bool operator==(const outcome& other) const { return value == other.value && offset == other.offset; }
};

// Any bytes, or single ones, between few or many that are FF, or zero.
void fill(std::mt19937& random, std::uint8_t* bytes, std::size_t count) {
  const std::uint32_t most_plain = up_to(random, 12);
  const std::uint8_t plain = up_to(random, 1) == 0 ? 0xFF : 0;
  const bool has_single_ones = up_to(random, 1) == 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t other = has_single_ones ? 1U << up_to(random, 7) : up_to(random, 255);
    bytes[i] = up_to(random, most_plain) == 0 ? static_cast<std::uint8_t>(other) : plain;
  }
}

enum class request { bit, bits, ones, zeros, look_ahead };

// The same of both; false when there is nothing more to read.
bool read_same(std::mt19937& random, packet_bits& tested, single_bits& expected) {
  const auto asked = static_cast<request>(up_to(random, 4));
  const unsigned most = up_to(random, 127), count = up_to(random, 56);
  const auto same = [&](auto of_tested, auto of_expected) {
    const outcome found(of_tested), wanted(of_expected);
    CHECK(found == wanted);
    return wanted.value.has_value();
  };
  switch (asked) {
    case request::bit:
      return same([&] { return tested.bit(); }, [&] { return expected.bit(); });
    case request::bits:
      return same([&] { return tested.bits(count); }, [&] { return expected.bits(count); });
    case request::ones:
      return same([&] { return tested.ones(most); }, [&] { return expected.run(1, most); });
    case request::zeros:
      return same([&] { return tested.zeros(most); }, [&] { return expected.run(0, most); });
    case request::look_ahead:
      tested.look_ahead();
      break;
  }
  single_bits ahead = expected;
  if (tested.has_zero()) CHECK(!expected.has_ended() && ahead.bit() == 0);
  return true;
}

void compare(std::mt19937& random, const test::guarded& memory) {
  const std::uint32_t size = up_to(random, 40), start = up_to(random, size);
  const byte_span bytes{memory.last(size), size};
  fill(random, memory.last(size), size);
  packet_bits tested(bytes, start, size);
  single_bits expected(bytes, start, size);
  const std::uint32_t requests = up_to(random, 30);
  for (std::uint32_t i = 0; i < requests; ++i) {
    if (!read_same(random, tested, expected)) return;
    CHECK(tested.position() == expected.position());
  }
  CHECK(outcome([&] { return tested.finish(); }) == outcome([&] { return expected.finish(); }));
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc > 1 ? std::atol(argv[1]) : 100000;
  std::mt19937 random(1);
  const test::guarded memory(64);
  for (long i = 0; i < rounds; ++i) compare(random, memory);
  return test::finish();
}
