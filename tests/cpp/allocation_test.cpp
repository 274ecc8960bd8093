// Memory runs out at every single allocation of every call: std::bad_alloc, nothing leaks, and the same
// thread gets the right answer from the next call.
//
// One exception: OpenJPH's constructor of a codestream makes two objects, and when the second fails it
// forgets the first, which is less than 100 bytes.
#if defined(__unix__) || defined(__APPLE__)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <new>
#include <optional>
#include <thread>
#include <vector>

#include "check.hpp"
#include "core/codestream_checksums.hpp"
#include "core/decode.hpp"
#include "core/encode.hpp"
#include "core/extract.hpp"
#include "core/native/block_decoder.hpp"
#include "core/parser.hpp"
#include "core/partial.hpp"
#include "core/pixel_checksums.hpp"
#include "core/strict.hpp"
#include "core/worker_pool.hpp"
#include "failing_allocator.hpp"
#include "images.hpp"

// LeakSanitizer would report the leak named above. What is live is counted here after every call.
extern "C" int __lsan_is_turned_off();
extern "C" int __lsan_is_turned_off() { return 1; }

namespace {

using namespace htj2k;
using namespace htj2k::test;

using answer = std::vector<std::uint8_t>;
using call = std::function<answer()>;

// What one call does when its n-th allocation fails.
enum class outcome { out_of_memory, right, wrong };

outcome outcome_of(const call& run, const answer& expected) {
  try {
    return run() == expected ? outcome::right : outcome::wrong;
  } catch (const std::bad_alloc&) {
    return outcome::out_of_memory;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "another exception: %s\n", e.what());
    return outcome::wrong;
  }
}

// On a thread of its own, which takes what it keeps for its next image with it. False when the call needs
// fewer than n allocations.
bool fail_nth(const call& run, const answer& expected, std::size_t n, failing mode, bool is_warm) {
  bool has_failed = false;
  std::thread([&] {
    if (is_warm) CHECK(run() == expected);
    fail_allocation(n, mode);
    const outcome found = outcome_of(run, expected);
    has_failed = stop_failing();
    CHECK(found == (has_failed ? outcome::out_of_memory : outcome::right));
    CHECK(run() == expected);
  }).join();
  return has_failed;
}

struct tally {
  std::size_t failures = 0;
  long leaked = 0;
};

tally fail_each(const call& run, const answer& expected, failing mode, bool is_warm) {
  tally found;
  bool has_failed = true;
  while (has_failed) {
    const long before = live_allocations();
    has_failed = fail_nth(run, expected, found.failures + 1, mode, is_warm);
    const long leaked = live_allocations() - before;
    CHECK(leaked >= 0);  // else something was freed twice
    found.leaked += leaked;
    found.failures += has_failed;
  }
  return found;
}

// How many of OpenJPH's codestreams a call makes on a fresh thread, and on one that has made the same call
// before.
struct codestreams {
  long cold = 1;
  long warm = 0;
};

void test_call(const char* name, const codestreams& made, const call& run) {
  const answer expected = run();
  std::size_t failures = 0;
  for (const failing mode : {failing::once, failing::from_then_on})
    for (const bool is_warm : {false, true}) {
      const tally found = fail_each(run, expected, mode, is_warm);
      failures += found.failures;
      const long allowed = is_warm ? made.warm : made.cold;
      if (found.leaked > allowed)
        std::fprintf(stderr, "%s (%s): %ld leaked\n", name, is_warm ? "warm" : "cold", found.leaked);
      CHECK(found.leaked <= allowed);
    }
  std::printf("%s: %zu failures\n", name, failures);
  CHECK(failures != 0);
}

answer encoded_bytes(const image& original, const encode_options& options, bool with_checksums) {
  const auto pixels = view_of<const_image_view>(original.layout, original.bytes);
  encoded_image encoded = encode(
      pixels, options, with_checksums ? std::optional<clamp_policy>(clamp_policy::precision) : std::nullopt);
  answer bytes = joined(encoded);
  for (const auto& level : encoded.resolutions) bytes.push_back(static_cast<std::uint8_t>(level.crc32));
  return bytes;
}

answer decoded_bytes(const answer& codestream, std::uint32_t reduce,
                     decode_engine engine = decode_engine::automatic, unsigned threads = 1) {
  const open_codestream opened =
      open_strict({codestream.data(), codestream.size()}, limits(), reduce, engine);
  const image_layout layout = layout_at(opened.cs, reduce);
  answer bytes(std::size_t{layout.width} * layout.height * layout.components * sample_size(layout.type));
  decode_options options;
  options.reduce = reduce;
  options.threads = threads;
  decode_strict(opened, options, view_of<image_view>(layout, bytes));
  return bytes;
}

answer damaged_bytes(const answer& codestream) {
  const byte_span data{codestream.data(), codestream.size()};
  const image_layout layout = layout_at(parse_headers(data, limits()), 0);
  answer bytes(std::size_t{layout.width} * layout.height * layout.components * sample_size(layout.type));
  std::vector<std::int8_t> mask(std::size_t{layout.width} * layout.height);
  const partial_result result =
      decode_partial(data, limits(), {}, view_of<image_view>(layout, bytes), mask.data());
  CHECK(!result.reason.empty());
  bytes.insert(bytes.end(), mask.begin(), mask.end());
  return bytes;
}

answer checksum_bytes(const answer& codestream, const checksum_request& request) {
  const open_codestream opened = open_strict({codestream.data(), codestream.size()}, limits(), 0);
  const image_view nowhere = view_without_memory(layout_at(opened.cs, 0));
  answer bytes;
  for (const auto& level : checksum_codestream(opened, {}, request, nowhere).resolutions)
    bytes.push_back(static_cast<std::uint8_t>(level.crc32));
  return bytes;
}

answer pixel_checksum_bytes(const image& original) {
  pixel_checksum_options options;
  options.num_decompositions = 3;
  answer bytes;
  const auto pixels = view_of<const_image_view>(original.layout, original.bytes);
  for (const auto& level : checksum_pixels(pixels, options).resolutions)
    bytes.push_back(static_cast<std::uint8_t>(level.crc32));
  return bytes;
}

std::vector<decode_engine> engines() {
  if (!native::has_block_decoders()) return {decode_engine::openjph};
  return {decode_engine::openjph, decode_engine::native};
}

encode_options options_for(const image& original) {
  encode_options options;
  options.bit_depth = original.bit_depth;
  options.num_decompositions = 3;
  return options;
}

// For OpenJPH's encoder.
encode_options lossy_options_for(const image& original) {
  encode_options options = options_for(original);
  options.reversible = false;
  return options;
}

void test_encoding() {
  const image gray = noise({sample_type::i2, 70, 51, 1}, 16);
  const image color = noise({sample_type::u1, 40, 33, 3}, 8);
  const image deep = noise({sample_type::u4, 30, 21, 1}, 28);
  encode_options options = options_for(gray);
  options.comments.push_back({"a comment", true});
  test_call("encode", {0, 0}, [&] { return encoded_bytes(gray, options, false); });
  test_call("encode with checksums", {0, 0}, [&] { return encoded_bytes(gray, options, true); });
  options = options_for(color);
  options.color_transform = true;
  options.jph_file = true;
  test_call("encode colour to JPH", {0, 0}, [&] { return encoded_bytes(color, options, true); });
  options.reversible = false;
  options.qstep = 0.01F;
  options.tile_width = options.tile_height = 16;
  test_call("encode lossy tiles", {}, [&] { return encoded_bytes(color, options, false); });
  test_call("encode 28 bits", {}, [&] { return encoded_bytes(deep, options_for(deep), false); });
  const image five = noise({sample_type::u1, 9, 9, 5}, 8), nine = noise({sample_type::u1, 9, 9, 9}, 8);
  test_call("encode 5, then 9 components", {2, 2}, [&] {
    answer both = encoded_bytes(five, lossy_options_for(five), false);
    const answer second = encoded_bytes(nine, lossy_options_for(nine), false);
    both.insert(both.end(), second.begin(), second.end());
    return both;
  });
  const image tiny = noise({sample_type::i2, 5, 4, 1}, 16), large = noise({sample_type::i2, 300, 200, 1}, 16);
  test_call("encode a tiny image, then a large one", {}, [&] {
    answer both = encoded_bytes(tiny, lossy_options_for(tiny), false);
    const answer second = encoded_bytes(large, lossy_options_for(large), false);
    both.insert(both.end(), second.begin(), second.end());
    return both;
  });
  test_call("pixel checksums", {0, 0}, [&] { return pixel_checksum_bytes(color); });
}

void test_decoding() {
  const image gray = noise({sample_type::i2, 70, 51, 1}, 16);
  const image color = noise({sample_type::u1, 40, 33, 3}, 8);
  const answer stream = encoded_bytes(gray, options_for(gray), false);
  const answer color_stream = encoded_bytes(color, options_for(color), false);
  CHECK(decoded_bytes(stream, 0) == gray.bytes);
  CHECK(decoded_bytes(color_stream, 0) == color.bytes);
  for (const decode_engine engine : engines()) {
    const char* const name = engine == decode_engine::native ? "natively" : "by OpenJPH";
    std::printf("%s, ", name);
    test_call("decode", {}, [&] { return decoded_bytes(stream, 0, engine); });
    std::printf("%s, ", name);
    test_call("decode colour", {}, [&] { return decoded_bytes(color_stream, 0, engine); });
  }
  const image large = noise({sample_type::i2, 300, 200, 1}, 16);
  const answer large_stream = encoded_bytes(large, options_for(large), false);
  test_call("decode a thumbnail, then all of it", {}, [&] {
    answer both = decoded_bytes(large_stream, 3);
    const answer second = decoded_bytes(large_stream, 0);
    both.insert(both.end(), second.begin(), second.end());
    return both;
  });
  test_call("decode reduced", {}, [&] { return decoded_bytes(stream, 2); });
  const answer cut(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(stream.size() / 2));
  test_call("decode what is cut", {}, [&] { return damaged_bytes(cut); });
  test_call("checksums", {}, [&] { return checksum_bytes(stream, {3, false, true}); });
  test_call("checksums level by level", {}, [&] { return checksum_bytes(stream, {3, true, false}); });
  test_call("extract", {0, 0}, [&] { return extract_resolution({stream.data(), stream.size()}, 1); });
  test_call("look at", {0, 0}, [&] {
    return answer{static_cast<std::uint8_t>(look_at({cut.data(), cut.size()}, {}).resolutions_complete)};
  });
}

// The tables and handlers of OpenJPH, which a process makes once: each time in a process that has not yet.
void test_first_use() {
#if defined(__unix__) || defined(__APPLE__)
  const image gray = noise({sample_type::i2, 70, 51, 1}, 16);
  const encode_options options = options_for(gray);
  int failures_seen = 0;
  for (std::size_t n = 1;; ++n) {
    const pid_t child = fork();
    if (child == 0) {
      fail_allocation(n, failing::once);
      bool is_out_of_memory = false;
      try {
        encoded_bytes(gray, options, false);
      } catch (const std::bad_alloc&) {
        is_out_of_memory = true;
      }
      const bool has_failed = stop_failing();
      CHECK(is_out_of_memory == has_failed);
      CHECK(decoded_bytes(encoded_bytes(gray, options, false), 0) == gray.bytes);
      _exit(failures != 0 ? 2 : has_failed ? 1 : 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 1) break;
    ++failures_seen;
  }
  std::printf("first use: %d failures\n", failures_seen);
  CHECK(failures_seen > 20);
#endif
}

// Of a batch, whose items must tell that they failed: nothing may leave the pool's threads.
void test_pool() {
  const image gray = noise({sample_type::i2, 70, 51, 1}, 16);
  const answer stream = encoded_bytes(gray, options_for(gray), false);
  worker_pool& pool = worker_pool::shared();
  std::atomic<int> right{0}, out_of_memory{0};
  const auto run_batch = [&] {
    right = out_of_memory = 0;
    const auto work = pool.submit(4, 2, 2, [&](std::size_t) {
      const outcome found = outcome_of([&] { return decoded_bytes(stream, 0); }, gray.bytes);
      if (found == outcome::right) ++right;
      if (found == outcome::out_of_memory) ++out_of_memory;
    });
    while (!pool.wait(work, std::chrono::milliseconds(100))) continue;
  };
  for (std::size_t n = 1; n <= 300; ++n) {
    fail_allocation(n, failing::once);
    bool is_refused = false;
    try {
      run_batch();
    } catch (const std::bad_alloc&) {
      is_refused = true;
    }
    const bool has_failed = stop_failing();
    CHECK(is_refused || (right + out_of_memory == 4 && out_of_memory == int{has_failed}));
    run_batch();
    CHECK(right == 4);
  }
}

// Of one frame: its blocks are decoded by threads of the pool too.
void test_threads_of_one_frame() {
  if (!native::has_block_decoders()) return;
  const image gray = noise({sample_type::i2, 200, 150, 1}, 16);
  const answer stream = encoded_bytes(gray, options_for(gray), false);
  const auto run = [&] { return decoded_bytes(stream, 0, decode_engine::native, 3); };
  int num_failed = 0, num_spared = 0;
  for (std::size_t n = 1; n <= 400; ++n) {
    fail_allocation(n, failing::once);
    const outcome found = outcome_of(run, gray.bytes);
    const bool has_failed = stop_failing();
    num_failed += has_failed;
    num_spared += has_failed && found == outcome::right;
    CHECK(found == outcome::right || (has_failed && found == outcome::out_of_memory));
    CHECK(run() == gray.bytes);
  }
  // std::stable_sort does without its buffer, in the queue of each of the two passes over this image.
  CHECK(num_failed > 100 && num_spared <= 2);
}

}  // namespace

int main() {
  test_first_use();
  test_encoding();
  test_decoding();
  test_pool();
  test_threads_of_one_frame();
  return finish();
}
