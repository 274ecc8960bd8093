#include "core/native/block_decoder.hpp"

#include <algorithm>
#include <cstring>

#include "core/native/cleanup_decoder.hpp"
#include "core/native/part1_block.hpp"
#include "kernels/implementation.hpp"
#include "kernels/target.hpp"

#ifdef HTJ2K_HAS_BLOCK_DECODERS
#include <coding/ojph_block_decoder.h>
#include <ojph_arch.h>
#endif

namespace htj2k::native {

// OpenJPH reads and writes whole vectors. Its own codec leaves 8 bytes before and 16 after the coded bytes,
// and makes rows a multiple of 8 words long; quads and stripes write rows in twos and fours.
namespace {
constexpr std::size_t bytes_before = 32;
constexpr std::size_t bytes_after = 64;
constexpr std::size_t most_coded_bytes = 65535 + 2047;
constexpr std::size_t row_multiple = 16;
// Of 1 x 1024, 64 x 64 and 1024 x 4 samples the first take most.
constexpr std::size_t most_words = row_multiple * (1024 + 4);

constexpr std::size_t stride_of(std::uint32_t width) {
  return (width + row_multiple - 1) / row_multiple * row_multiple;
}
static_assert(stride_of(64) * (64 + 4) <= most_words && stride_of(1024) * (4 + 4) <= most_words);
}  // namespace

struct block_decoder::memory {
  // Rows of 8 are the shortest.
  template <typename T>
  T* coefficients() {
    static_assert(8 * 1024 * sizeof(T) <= sizeof words);
    return reinterpret_cast<T*>(words);
  }

  alignas(64) std::uint8_t words[most_words * sizeof(std::uint64_t)];
  alignas(64) std::uint8_t coded[bytes_before + most_coded_bytes + bytes_after] = {};
  cleanup_decoder cleanup;
};

block_decoder::block_decoder() : memory_(new memory) {}
block_decoder::~block_decoder() = default;

#ifdef HTJ2K_HAS_BLOCK_DECODERS
namespace {

using decoder32 = bool (*)(ojph::ui8*, ojph::ui32*, ojph::ui32, ojph::ui32, ojph::ui32, ojph::ui32,
                           ojph::ui32, ojph::ui32, ojph::ui32, bool);

// HTJ2K_SIMD's choice holds here too; without one it is OpenJPH's own, which knows more kinds of CPUs.
decoder32 choose_decoder32() {
#if HTJ2K_X86
  int level = ojph::get_cpu_ext_level();
  if (&kernels::active() != kernels::available().front())
    level = std::strcmp(kernels::active().name, "portable") == 0 ? ojph::X86_CPU_EXT_LEVEL_GENERIC
            : std::strcmp(kernels::active().name, "sse41") == 0  ? ojph::X86_CPU_EXT_LEVEL_SSE41
                                                                 : level;
  if (level >= ojph::X86_CPU_EXT_LEVEL_AVX2) return &ojph::local::ojph_decode_codeblock_avx2;
  if (level >= ojph::X86_CPU_EXT_LEVEL_SSSE3) return &ojph::local::ojph_decode_codeblock_ssse3;
#endif
  return &ojph::local::ojph_decode_codeblock32;
}

// A segment without bytes is read as zeros: no sample becomes significant, each further bit is 0. OpenJPH
// wants at least one byte.
std::uint32_t refinement_size_of(const coded_block& block) {
  return block.num_passes > 1 ? std::max(block.refinement_size(), 1U) : 0;
}

// A cleanup pass goes once through the block, two rows at a time, so it can end early. The others do not.
std::uint32_t rows_to_decode(const coded_block& block, const block_size& size) {
  const std::uint32_t wanted = std::min(size.rows_wanted, size.height);
  return block.num_passes == 1 ? std::min(wanted + wanted % 2, size.height) : size.height;
}

bool decode_words(ojph::ui8* coded, std::uint32_t* words, const coded_block& block, const block_size& size,
                  std::size_t stride, bool causal) {
  static const decoder32 decode = choose_decoder32();
  return decode(coded, words, block.missing_planes, block.num_passes, block.sizes[0],
                refinement_size_of(block), size.width, rows_to_decode(block, size),
                static_cast<ojph::ui32>(stride), causal);
}

bool decode_words(ojph::ui8* coded, std::uint64_t* words, const coded_block& block, const block_size& size,
                  std::size_t stride, bool causal) {
  return ojph::local::ojph_decode_codeblock64(
      coded, words, block.missing_planes, block.num_passes, block.sizes[0], refinement_size_of(block),
      size.width, rows_to_decode(block, size), static_cast<ojph::ui32>(stride), causal);
}

}  // namespace

bool has_block_decoders() { return true; }

namespace {

// Words of 32 bits become those of 64 in place, from the last on: each is the upper half of its successor.
const std::uint64_t* widened(std::uint8_t* memory, std::size_t count) {
  for (std::size_t i = count; i-- > 0;) {
    std::uint32_t narrow = 0;
    std::memcpy(&narrow, memory + i * sizeof narrow, sizeof narrow);
    const std::uint64_t wide = std::uint64_t{narrow} << 32;
    std::memcpy(memory + i * sizeof wide, &wide, sizeof wide);
  }
  return reinterpret_cast<const std::uint64_t*>(memory);
}

// The region of interest has its bits in the upper planes, the rest all of its in the lower ones (T.800 H.1):
// words that reach into the upper M_b planes are right as they are, the others come up.
template <typename Word>
void undo_roi(Word* words, std::size_t count, const block_planes& planes) {
  constexpr unsigned bits = 8 * sizeof(Word) - 1;
  constexpr Word sign = Word{1} << bits;
  const Word least = Word{1} << (bits - (planes.coded - planes.roi_shift));
  for (std::size_t i = 0; i < count; ++i) {
    const Word magnitude = words[i] & ~sign;
    if (magnitude < least) words[i] = (words[i] & sign) | ((magnitude << planes.roi_shift) & ~sign);
  }
}

}  // namespace

template <typename Word>
bool block_decoder::fill(Word* words, std::size_t stride, byte_span data, const coded_block& block,
                         const block_size& size, const block_coding& coding) {
  if (block.is_part1()) return decode_part1_block(data, block, size, coding, words, stride);
  std::uint8_t* const coded = memory_->coded + bytes_before;
  std::size_t size_so_far = 0;
  for (std::size_t piece = 0; piece < block.sizes.size(); ++piece) {
    if (!holds(data, block.offsets[piece], block.sizes[piece])) return false;
    std::memcpy(coded + size_so_far, data.data + block.offsets[piece], block.sizes[piece]);
    size_so_far += block.sizes[piece];
  }
  std::memset(coded + size_so_far, 0, bytes_after);
  return decode_words(coded, words, block, size, stride, coding.stripe_causal());
}

namespace {

// False if one of them does not fit.
template <typename From, typename T>
bool take_window(const From* found, std::size_t stride, const rect& window, T* rows, std::size_t row_stride) {
  From lost = 0;
  for (std::uint32_t y = window.y0; y < window.y1; ++y, rows += row_stride)
    for (std::uint32_t x = window.x0; x < window.x1; ++x) {
      const From value = found[y * stride + x];
      rows[x - window.x0] = static_cast<T>(value);
      lost = static_cast<From>(lost | (value ^ static_cast<T>(value)));
    }
  return lost == 0;
}

}  // namespace

template <typename T>
bool block_decoder::decode_directly(byte_span data, const coded_block& block, const block_size& size,
                                    const block_planes& planes, const rect& window, T* rows,
                                    std::size_t row_stride) {
  const bool is_whole = block.missing_planes + 1U == planes.coded;
  if (block.is_part1() || block.num_passes != 1 || !is_whole || planes.roi_shift != 0) return false;
  if (!holds(data, block.offsets[0], block.sizes[0])) return false;
  const std::uint32_t height = rows_to_decode(block, size);
  const std::size_t stride = (size.width + std::size_t{7}) / 8 * 8;
  const auto decode_to = [&](auto* out, std::size_t out_stride) {
    return memory_->cleanup.decode(data.data + block.offsets[0], block.sizes[0], size.width, height,
                                   planes.coded, out, out_stride);
  };
  // The decoder writes whole vectors and pairs of rows.
  const bool is_whole_block = window == rect{0, 0, size.width, height};
  if (is_whole_block && stride == size.width && height % 2 == 0) {
    if (decode_to(rows, row_stride)) return true;
  } else {
    T* const found = memory_->coefficients<T>();
    if (decode_to(found, stride)) return take_window(found, stride, window, rows, row_stride);
  }
  if (sizeof(T) != sizeof(std::int16_t)) return false;
  // Coefficients of 15 and 16 bits do not fit the lanes of 16.
  std::int32_t* const wide = memory_->coefficients<std::int32_t>();
  return decode_to(wide, stride) && take_window(wide, stride, window, rows, row_stride);
}

template <typename Word>
block_words<Word> block_decoder::decode(byte_span data, const coded_block& block, const block_size& size,
                                        const block_coding& coding, const block_planes& planes) {
  const std::size_t stride = stride_of(size.width);
  const std::size_t count = stride * size.height;
  if constexpr (sizeof(Word) == 8) {
    // Beside components of more planes. Refinement passes are right in the decoder of 32 bits alone.
    if (planes.coded <= most_planes_in_32_bits) {
      auto* const narrow = reinterpret_cast<std::uint32_t*>(memory_->words);
      if (!fill(narrow, stride, data, block, size, coding)) return {};
      if (planes.roi_shift != 0) undo_roi(narrow, count, planes);
      return {widened(memory_->words, count), stride};
    }
  }
  auto* const words = reinterpret_cast<Word*>(memory_->words);
  if (sizeof(Word) == 8 || planes.coded <= most_planes_in_32_bits) {
    if (!fill(words, stride, data, block, size, coding)) return {};
    if (planes.roi_shift != 0) undo_roi(words, count, planes);
    return {words, stride};
  }
  // Only with RGN: its planes take 64 bits, but what they leave fits in the upper half.
  auto* const wide = reinterpret_cast<std::uint64_t*>(memory_->words);
  if (!fill(wide, stride, data, block, size, coding)) return {};
  undo_roi(wide, count, planes);
  for (std::size_t i = 0; i < count; ++i) words[i] = static_cast<Word>(wide[i] >> 32);
  return {words, stride};
}
#else
bool has_block_decoders() { return false; }

template <typename T>
bool block_decoder::decode_directly(byte_span, const coded_block&, const block_size&, const block_planes&,
                                    const rect&, T*, std::size_t) {
  return false;
}

template <typename Word>
block_words<Word> block_decoder::decode(byte_span, const coded_block&, const block_size&, const block_coding&,
                                        const block_planes&) {
  return {};
}
#endif

template bool block_decoder::decode_directly(byte_span, const coded_block&, const block_size&,
                                             const block_planes&, const rect&, std::int16_t*, std::size_t);
template bool block_decoder::decode_directly(byte_span, const coded_block&, const block_size&,
                                             const block_planes&, const rect&, std::int32_t*, std::size_t);

template block_words<std::uint32_t> block_decoder::decode(byte_span, const coded_block&, const block_size&,
                                                          const block_coding&, const block_planes&);
template block_words<std::uint64_t> block_decoder::decode(byte_span, const coded_block&, const block_size&,
                                                          const block_coding&, const block_planes&);

}  // namespace htj2k::native
