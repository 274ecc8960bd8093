// Regions of code compiled for a named instruction set, so that a whole file never is: flags on a file also
// reach the inline functions of its headers, and the linker may keep that copy for code that runs on every
// CPU. All headers are included before a region begins, for the same reason.
#pragma once

#if defined(__x86_64__) || defined(__i386__) || defined(_M_X64)
#define HTJ2K_X86 1
#else
#define HTJ2K_X86 0
#endif

#if defined(__aarch64__) && defined(__GNUC__)
#define HTJ2K_ARM64 1
#else
#define HTJ2K_ARM64 0
#endif

// Checksums are of little-endian samples and are taken of the bytes as they lie in memory.
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "htj2k runs on little-endian machines only"
#endif

#define HTJ2K_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define HTJ2K_TARGET_BEGIN(features) \
  HTJ2K_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define HTJ2K_TARGET_END HTJ2K_PRAGMA(clang attribute pop)
#elif defined(__GNUC__)
#define HTJ2K_TARGET_BEGIN(features) HTJ2K_PRAGMA(GCC push_options) HTJ2K_PRAGMA(GCC target(features))
#define HTJ2K_TARGET_END HTJ2K_PRAGMA(GCC pop_options)
#else  // MSVC takes any intrinsic anywhere
#define HTJ2K_TARGET_BEGIN(features)
#define HTJ2K_TARGET_END
#endif

#if defined(_MSC_VER)
#define HTJ2K_RESTRICT __restrict
#define HTJ2K_INLINE __forceinline
#define HTJ2K_NOINLINE __declspec(noinline)
#define HTJ2K_COMPUTE(value)
#define HTJ2K_PREFETCH(address)
#else
#define HTJ2K_RESTRICT __restrict__
#define HTJ2K_INLINE __attribute__((always_inline)) inline
#define HTJ2K_NOINLINE __attribute__((noinline))
// An integer or pointer that must be there as it is: no part of it is put off to what it is used for.
#define HTJ2K_COMPUTE(value) __asm__("" : "+r"(value))
// To the second level of caches, for reading.
#define HTJ2K_PREFETCH(address) __builtin_prefetch(address, 0, 2)
#endif
