// What a thread's exceptions and variables are kept in.
#pragma once

#include <cstddef>
#include <memory>

namespace htj2k {

// The C++ runtime's variables for exceptions, and ours with their destructors, get memory when a thread first
// needs them, and where that is not to be had the process ends: a thread takes it before it does what may
// leave none. Costs nothing later.
void take_thread_memory();

// For a thread that can do without: false, and nothing is taken, when there is not even some for the first
// steps of its work.
bool take_thread_memory_if_there_is();

// A place of this thread alone for each index.
std::size_t new_place_in_threads();
std::shared_ptr<void>& place_in_thread(std::size_t index);

// The T that this thread keeps from call to call, until it ends. A thread_local variable with a destructor
// would end the process if there were no memory at its first use; this throws std::bad_alloc.
template <typename T>
T& kept_by_thread() {
  static const std::size_t index = new_place_in_threads();
  std::shared_ptr<void>& place = place_in_thread(index);
  if (place == nullptr) place = std::make_shared<T>();
  return *static_cast<T*>(place.get());
}

}  // namespace htj2k
