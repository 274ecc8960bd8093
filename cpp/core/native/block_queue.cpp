#include "core/native/block_queue.hpp"

#include <algorithm>
#include <atomic>
#include <map>

#include "core/thread_memory.hpp"

namespace htj2k::native {
namespace {

struct strip_state {
  block_source* source = nullptr;
  std::uint32_t index = 0;
  std::uint32_t num_blocks = 0;
  std::uint64_t when = 0;
  std::uint32_t num_begun = 0, num_done = 0;
  bool has_memory = false;
  std::uint32_t failed_column = 0;
  std::exception_ptr failure;  // of the block with the lowest column

  bool is_begun() const { return num_begun == num_blocks; }
  bool is_done() const { return num_done == num_blocks; }
};

// For each helper: while one wakes up, the reader decodes some alone.
constexpr std::size_t least_blocks = 8;

std::atomic<std::uint64_t> num_blocks_helped{0};

}  // namespace

block_decoder& own_block_decoder() { return kept_by_thread<block_decoder>(); }

struct block_queue::shared {
  std::mutex mutex;
  std::condition_variable work_came;   // for helpers: memory was released, or it is over
  std::condition_variable strip_done;  // for the reader
  std::vector<strip_state> strips;     // in the order of `when`
  std::map<const block_source*, std::vector<std::size_t>> of_source;  // [strip] -> index into strips
  std::size_t first_open = 0;                                         // all strips before it are begun
  std::size_t num_in_work = 0;
  bool is_over = false;

  // A strip of which blocks may begin now, or null.
  strip_state* find_work() {
    while (first_open < strips.size() && strips[first_open].is_begun()) ++first_open;
    const std::size_t stop = std::min(strips.size(), first_open + furthest_ahead);
    for (std::size_t i = first_open; i < stop; ++i)
      if (strips[i].has_memory && !strips[i].is_begun()) return &strips[i];
    return nullptr;
  }

  void decode_next_block(strip_state& strip, std::unique_lock<std::mutex>& lock) {
    const std::uint32_t column = strip.num_begun++;
    ++num_in_work;
    lock.unlock();
    std::exception_ptr failure;
    try {
      strip.source->decode_block(strip.index, column, own_block_decoder());
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    --num_in_work;
    if (failure != nullptr && (strip.failure == nullptr || column < strip.failed_column)) {
      strip.failure = failure;
      strip.failed_column = column;
    }
    ++strip.num_done;
    if (strip.is_done() || is_over) strip_done.notify_all();
  }

  void help() {
    std::unique_lock<std::mutex> lock(mutex);
    while (!is_over && first_open < strips.size()) {
      if (strip_state* const strip = find_work()) {
        num_blocks_helped.fetch_add(1, std::memory_order_relaxed);
        decode_next_block(*strip, lock);
      } else {
        work_came.wait(lock);
      }
    }
  }

  void take(strip_state& wanted) {
    std::unique_lock<std::mutex> lock(mutex);
    while (!wanted.is_done()) {
      strip_state* const strip = wanted.is_begun() ? find_work() : &wanted;
      if (strip != nullptr)
        decode_next_block(*strip, lock);
      else
        strip_done.wait(lock);
    }
    if (wanted.failure != nullptr) std::rethrow_exception(wanted.failure);
  }

  void stop() {
    std::unique_lock<std::mutex> lock(mutex);
    is_over = true;
    work_came.notify_all();
    strip_done.wait(lock, [&] { return num_in_work == 0; });
  }

private:
  // Of strips that come soon, some lack memory as yet. Beyond this many nobody looks for others.
  static constexpr std::size_t furthest_ahead = 256;
};

block_queue::block_queue() : shared_(std::make_shared<shared>()) {}

block_queue::~block_queue() {
  shared_->stop();
  if (helpers_ != nullptr) worker_pool::shared().cancel(helpers_);
}

void block_queue::add(block_source& source, std::uint32_t strip, std::uint32_t num_blocks,
                      std::uint64_t when) {
  strip_state added;
  added.source = &source;
  added.index = strip;
  added.num_blocks = num_blocks;
  added.when = when;
  added.has_memory = strip < strips_in_memory;
  shared_->strips.push_back(added);
}

void block_queue::start(unsigned num_helpers) {
  auto& strips = shared_->strips;
  std::stable_sort(strips.begin(), strips.end(),
                   [](const strip_state& a, const strip_state& b) { return a.when < b.when; });
  for (std::size_t i = 0; i < strips.size(); ++i) shared_->of_source[strips[i].source].push_back(i);
  std::size_t num_blocks = 0;
  for (const strip_state& strip : strips) num_blocks += strip.num_blocks;
  const auto count = static_cast<unsigned>(std::min<std::size_t>(num_helpers, num_blocks / least_blocks));
  if (count == 0) return;
  helpers_ =
      worker_pool::shared().submit(count, count, count, [state = shared_](std::size_t) { state->help(); });
}

void block_queue::take(const block_source& source, std::uint32_t strip) {
  const std::vector<std::size_t>& own = shared_->of_source.at(&source);
  if (strip > 0 && strip + 1 < own.size()) {
    const std::lock_guard<std::mutex> lock(shared_->mutex);
    shared_->strips[own[strip + 1]].has_memory = true;  // that of the one before this
    shared_->work_came.notify_all();
  }
  shared_->take(shared_->strips[own[strip]]);
}

std::uint64_t block_queue::num_helped() { return num_blocks_helped.load(std::memory_order_relaxed); }

}  // namespace htj2k::native
