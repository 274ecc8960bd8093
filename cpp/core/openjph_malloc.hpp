// Included by the compiler in front of every C++ file of OpenJPH (cmake/openjph.cmake), and by nothing else.
//
// mem_elastic_allocator of OpenJPH 0.32 (ojph_mem.cpp) writes through what malloc returns without a look at
// it. Here a malloc that fails throws instead. mem_fixed_allocator (ojph_mem.h) does look, and must: by then
// it has freed what it would free again. So its header is read before malloc gets another meaning.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

#include "ojph_mem.h"

namespace htj2k {

inline void* malloc_or_throw(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace htj2k

#define malloc(size) ::htj2k::malloc_or_throw(size)
