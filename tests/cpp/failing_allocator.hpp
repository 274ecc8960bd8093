// Every allocation of the program can be made to fail: operator new, and malloc where the linker was told to
// wrap it (--wrap), which reaches the C++ and C code that is linked statically.
#pragma once

#include <cstddef>

namespace htj2k::test {

enum class failing { once, from_then_on };

// The n-th allocation of this program from now on fails (n = 1: the next one), on whichever thread.
void fail_allocation(std::size_t n, failing mode);
// True if one has failed since.
bool stop_failing();

// Allocations that are not freed yet.
long live_allocations();

}  // namespace htj2k::test
