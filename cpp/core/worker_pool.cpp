#include "core/worker_pool.hpp"

#include <algorithm>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "core/thread_memory.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#define HTJ2K_CAN_FORK 1
#else
#define HTJ2K_CAN_FORK 0
#endif

namespace htj2k {
namespace {

std::mutex creation;
worker_pool* pool = nullptr;  // guarded by `creation`

// The job whose item this thread is at, or null. A pointer has no destructor, for which a thread needs
// memory.
thread_local const worker_pool::handle* running = nullptr;

}  // namespace

// How a new thread tells who started it whether it has begun, or ends for want of memory.
class worker_pool::beginning {
public:
  void tell(bool begun) {
    const std::lock_guard<std::mutex> lock(mutex_);
    begun_ = begun;
    told_.notify_one();
  }
  bool wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    told_.wait(lock, [&] { return begun_.has_value(); });
    return *begun_;
  }

private:
  std::mutex mutex_;
  std::condition_variable told_;
  std::optional<bool> begun_;
};

struct worker_pool::job {
  std::size_t count;
  unsigned threads;
  unsigned pool_size;
  std::function<void(std::size_t)> run;
  handle whole;  // of which this is a part, or null
  std::size_t next = 0;
  unsigned active = 0;  // threads at it, those at its parts included
  bool finished = false;

  bool has_room() const { return active < threads && (whole == nullptr || whole->has_room()); }
};

worker_pool& worker_pool::shared() {
  const std::lock_guard<std::mutex> lock(creation);
  if (pool == nullptr) {
    static const bool once = (survive_forks(), true);
    static_cast<void>(once);
    pool = new worker_pool;
  }
  return *pool;
}

// The child of a fork has none of its parent's threads, and the parent's pool may have been caught in any
// state: the child forgets it and makes another when it needs one.
void worker_pool::survive_forks() {
#if HTJ2K_CAN_FORK
  pthread_atfork([] { creation.lock(); }, [] { creation.unlock(); },
                 [] {
                   pool = nullptr;
                   creation.unlock();
                 });
#endif
}

worker_pool::handle worker_pool::submit(std::size_t count, unsigned threads, unsigned pool_size,
                                        std::function<void(std::size_t)> run) {
  threads = std::max(threads, 1U);
  const handle whole = running == nullptr ? nullptr : *running;
  pool_size = whole == nullptr ? std::max(pool_size, threads) : whole->pool_size;
  auto added = std::make_shared<job>(job{count, threads, pool_size, std::move(run), whole});
  const std::lock_guard<std::mutex> lock(mutex_);
  finish_if_done(*added);  // there may be no items
  if (added->finished) return added;
  if (!add_workers(added->pool_size, added->count)) return nullptr;
  jobs_.push_back(added);
  work_arrived_.notify_all();
  return added;
}

bool worker_pool::wait(const handle& work, std::chrono::milliseconds timeout) {
  std::unique_lock<std::mutex> lock(mutex_);
  return job_finished_.wait_for(lock, timeout, [&] { return work->finished; });
}

void worker_pool::cancel(const handle& work) {
  const std::lock_guard<std::mutex> lock(mutex_);
  work->next = work->count;
  jobs_.erase(std::remove(jobs_.begin(), jobs_.end(), work), jobs_.end());
  finish_if_done(*work);
}

// No more than there are new items for. One worker is enough to go on with when the system refuses others:
// false if there is none.
bool worker_pool::add_workers(unsigned pool_size, std::size_t num_items) {
  for (; num_workers_ < pool_size && num_items != 0; ++num_workers_, --num_items)
    if (!add_worker()) return num_workers_ != 0;
  return true;
}

// False if the system gives no thread, or the thread no memory. The next begins, and so do jobs, when this
// one has what it needs.
bool worker_pool::add_worker() {
  beginning start;
  try {
    std::thread(&worker_pool::begin, this, num_workers_, &start).detach();
  } catch (const std::system_error&) {
    return false;
  }
  return start.wait();
}

void worker_pool::change_active(job& work, int by) {
  work.active = static_cast<unsigned>(static_cast<int>(work.active) + by);
  if (work.whole != nullptr) change_active(*work.whole, by);
  finish_if_done(work);
}

void worker_pool::finish_if_done(job& work) {
  if (work.next < work.count || work.active != 0) return;
  work.finished = true;
  job_finished_.notify_all();
}

// The oldest job that this worker may help with.
worker_pool::handle worker_pool::find_job(unsigned number) const {
  for (const handle& candidate : jobs_)
    if (number < candidate->pool_size && candidate->has_room()) return candidate;
  return nullptr;
}

void worker_pool::begin(unsigned number, beginning* start) {
  const bool begun = take_thread_memory_if_there_is();
  start->tell(begun);
  if (begun) work(number);
}

void worker_pool::work(unsigned number) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    const handle current = find_job(number);
    if (current == nullptr) {
      work_arrived_.wait(lock);
      continue;
    }
    const std::size_t item = current->next++;
    change_active(*current, 1);
    if (current->next == current->count)
      jobs_.erase(std::remove(jobs_.begin(), jobs_.end(), current), jobs_.end());
    lock.unlock();
    running = &current;
    current->run(item);
    running = nullptr;
    lock.lock();
    change_active(*current, -1);
  }
}

}  // namespace htj2k
