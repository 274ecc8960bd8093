// What a thread's exceptions and variables are kept in.
#pragma once

namespace htj2k {

// The C++ runtime's variables for exceptions, and ours, get memory when a thread first needs them, and where
// that is not to be had the process ends: a thread takes it before it does what may leave none. Costs nothing
// later.
void take_thread_memory();

// For a thread that can do without: false, and nothing is taken, when there is not even some for the first
// steps of its work.
bool take_thread_memory_if_there_is();

}  // namespace htj2k
