// Included by the compiler in front of every C++ file of OpenJPH (cmake/openjph.cmake), and by nothing else.
//
// OpenJPH 0.32 writes through what malloc returns without a look at it (mem_elastic_allocator). Here a malloc
// that fails throws instead; OpenJPH's objects stay fit to be destroyed.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace htj2k {

inline void* malloc_or_throw(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace htj2k

#define malloc(size) ::htj2k::malloc_or_throw(size)
