// The worker pool, and codec calls on it: to be run under ThreadSanitizer too (the preset tsan).
#include "core/worker_pool.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "check.hpp"
#include "core/decode.hpp"
#include "core/encode.hpp"
#include "core/native/block_queue.hpp"
#include "core/strict.hpp"

using namespace htj2k;
using namespace std::chrono_literals;

namespace {

void finish(const worker_pool::handle& work) {
  while (!worker_pool::shared().wait(work, 20ms)) continue;
}

void test_every_item_runs_once() {
  for (const unsigned threads : {1U, 2U, 7U}) {
    std::vector<std::atomic<int>> runs(1000);
    finish(worker_pool::shared().submit(runs.size(), threads, 2, [&](std::size_t i) { ++runs[i]; }));
    for (const auto& n : runs) CHECK(n == 1);
  }
}

void test_no_items() {
  finish(worker_pool::shared().submit(0, 2, 2, [](std::size_t) { CHECK(false); }));
}

void test_threads_of_a_job_are_limited() {
  std::atomic<int> active{0}, most{0};
  finish(worker_pool::shared().submit(60, 3, 8, [&](std::size_t) {
    const int now = ++active;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) continue;
    std::this_thread::sleep_for(1ms);
    --active;
  }));
  CHECK(most <= 3);
}

void test_cancel() {
  std::atomic<int> runs{0};
  const auto work = worker_pool::shared().submit(100000, 2, 2, [&](std::size_t) {
    ++runs;
    std::this_thread::sleep_for(1ms);
  });
  std::this_thread::sleep_for(10ms);
  worker_pool::shared().cancel(work);
  finish(work);
  const int after = runs;
  CHECK(after < 1000);
  std::this_thread::sleep_for(5ms);
  CHECK(runs == after);
}

void test_many_callers() {
  std::vector<std::thread> callers;
  std::atomic<int> runs{0};
  for (int c = 0; c < 8; ++c)
    callers.emplace_back(
        [&] { finish(worker_pool::shared().submit(200, 2, 2, [&](std::size_t) { ++runs; })); });
  for (auto& caller : callers) caller.join();
  CHECK(runs == 1600);
}

// Until `stop` says so, at most for a time that no test takes.
template <typename Stop>
bool wait_until(Stop stop) {
  for (int i = 0; i < 10000 && !stop(); ++i) std::this_thread::sleep_for(1ms);
  return stop();
}

// Two blocks, each of which is done only when both have begun: a single thread would never end.
class two_at_a_time final : public native::block_source {
public:
  void decode_block(std::uint32_t, std::uint32_t, native::block_decoder&) override {
    ++begun;
    CHECK(wait_until([&] { return begun >= 2; }));
  }
  std::atomic<int> begun{0};
};

// A thread whose batch has no further frame helps with one that is being worked on.
void test_idle_threads_of_a_batch_help() {
  finish(worker_pool::shared().submit(1, 2, 2, [](std::size_t) {
    two_at_a_time source;
    native::block_queue queue;
    queue.add(source, 0, 16, 0);
    queue.start(1);
    queue.take(source, 0);
    CHECK(source.begun == 16);
  }));
}

class slow_blocks final : public native::block_source {
public:
  void decode_block(std::uint32_t, std::uint32_t, native::block_decoder&) override {
    std::this_thread::sleep_for(5ms);
    if (std::this_thread::get_id() != reader) ++helped;
  }
  std::thread::id reader = std::this_thread::get_id();
  std::atomic<int> helped{0};
};

void test_few_blocks_have_no_helpers() {
  slow_blocks source;
  native::block_queue queue;
  queue.add(source, 0, 7, 0);
  queue.start(7);
  queue.take(source, 0);
  CHECK(source.helped == 0);
}

void test_frames_come_before_help() {
  std::atomic<int> items{0}, helped_early{0}, parts{0};
  finish(worker_pool::shared().submit(20, 2, 2, [&](std::size_t i) {
    const auto part = worker_pool::shared().submit(1, 1, 1, [&](std::size_t) {
      ++parts;
      if (items < 19) ++helped_early;
    });
    std::this_thread::sleep_for(1ms);
    ++items;
    if (i == 19) CHECK(wait_until([&] { return parts > 0; }));
    worker_pool::shared().cancel(part);
  }));
  CHECK(items == 20);
  CHECK(helped_early == 0);
}

void test_parts_count_as_their_whole() {
  std::atomic<int> active{0}, most{0};
  const auto work = [&] {
    const int now = ++active;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) continue;
    std::this_thread::sleep_for(2ms);
    --active;
  };
  finish(worker_pool::shared().submit(6, 3, 8, [&](std::size_t) {
    const auto part = worker_pool::shared().submit(4, 4, 4, [&](std::size_t) { work(); });
    work();
    worker_pool::shared().cancel(part);
  }));
  CHECK(most <= 3);
}

struct frame {
  std::vector<std::uint16_t> pixels;
  std::vector<std::uint8_t> codestream;
  std::vector<std::uint16_t> decoded;
};

template <typename View, typename Pixels>
View view_of(Pixels& pixels, std::uint32_t side) {
  View view;
  view.data = pixels.data();
  view.type = sample_type::u2;
  view.width = view.height = side;
  view.row_stride = static_cast<std::ptrdiff_t>(2 * side);
  view.column_stride = view.component_stride = 2;
  return view;
}

frame noisy(std::uint32_t side) {
  static std::uint32_t state = 1;
  frame f;
  for (std::size_t i = 0; i < std::size_t{side} * side; ++i) {
    state = state * 1664525 + 1013904223;
    f.pixels.push_back(static_cast<std::uint16_t>(state >> 16));
  }
  return f;
}

void round_trip(frame& f, std::uint32_t side, unsigned threads = 1) {
  encode_options options;
  options.bit_depth = 16;
  encoded_image encoded = encode(view_of<const_image_view>(f.pixels, side), options, clamp_policy::precision);
  f.codestream = std::move(encoded.main_header);
  const std::size_t header = f.codestream.size();
  f.codestream.resize(header + encoded.tile_parts.size());
  encoded.tile_parts.move_to(f.codestream.data() + header);
  const open_codestream opened = open_strict({f.codestream.data(), f.codestream.size()}, limits{}, 0);
  f.decoded.resize(f.pixels.size());
  decode_options decoding;
  decoding.threads = threads;
  decode_strict(opened, decoding, view_of<image_view>(f.decoded, side));
}

// Frames of a batch, each with helpers as soon as there are some.
void test_codec_with_helpers() {
  constexpr std::uint32_t side = 300;
  std::vector<frame> frames(5);
  for (auto& f : frames) f = noisy(side);
  finish(worker_pool::shared().submit(frames.size(), 4, 4,
                                      [&](std::size_t i) { round_trip(frames[i], side, 4); }));
  for (const auto& f : frames) CHECK(f.decoded == f.pixels);
}

void test_codec_on_all_threads() {
  constexpr std::uint32_t side = 70;
  std::vector<frame> frames(48);
  for (auto& f : frames) f = noisy(side);
  finish(
      worker_pool::shared().submit(frames.size(), 4, 4, [&](std::size_t i) { round_trip(frames[i], side); }));
  for (const auto& f : frames) CHECK(f.decoded == f.pixels);
}

}  // namespace

int main() {
  test_codec_on_all_threads();
  test_codec_with_helpers();
  test_idle_threads_of_a_batch_help();
  test_few_blocks_have_no_helpers();
  test_frames_come_before_help();
  test_parts_count_as_their_whole();
  test_every_item_runs_once();
  test_no_items();
  test_threads_of_a_job_are_limited();
  test_cancel();
  test_many_callers();
  return htj2k::test::finish();
}
