#include "core/worker_pool.hpp"

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

#if defined(__GNUC__)
#include <cxxabi.h>
#endif

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

thread_local worker_pool::handle running;  // the job whose item this thread is at

// A thread's variables, ours and those of the C++ runtime for its exceptions, get memory when it first needs
// them, and where that is not to be had the process ends: not then, when a job may have taken it all.
void take_own_memory() {
  running = nullptr;
#if defined(__GNUC__)
  // Declared as const, so that a call whose result nobody keeps is left out.
  [[maybe_unused]] const void* volatile of_exceptions = abi::__cxa_get_globals();
#endif
}

}  // namespace

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
  pool_size = running == nullptr ? std::max(pool_size, threads) : running->pool_size;
  auto added = std::make_shared<job>(job{count, threads, pool_size, std::move(run), running});
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
  try {
    for (; num_workers_ < pool_size && num_items != 0; ++num_workers_, --num_items)
      std::thread(&worker_pool::work, this, num_workers_).detach();
  } catch (const std::system_error&) {
    return num_workers_ != 0;
  }
  return true;
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

void worker_pool::work(unsigned number) {
  take_own_memory();
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
    running = current;
    current->run(item);
    running = nullptr;
    lock.lock();
    change_active(*current, -1);
  }
}

}  // namespace htj2k
