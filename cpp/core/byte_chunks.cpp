#include "core/byte_chunks.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "core/thread_memory.hpp"

namespace htj2k {
namespace {

constexpr std::size_t most_kept = 64;  // 4 MiB a thread

using chunk_list = std::vector<std::unique_ptr<std::uint8_t[]>>;

chunk_list& kept_chunks() { return kept_by_thread<chunk_list>(); }

}  // namespace

byte_chunks::~byte_chunks() {
  for (auto& used : chunks_) give_back(std::move(used));
}

void byte_chunks::append(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  while (size != 0) {
    if (free_ == 0) {
      chunks_.push_back(take_chunk());
      free_ = chunk_size;
    }
    const std::size_t n = std::min(size, free_);
    std::memcpy(chunks_.back().get() + (chunk_size - free_), bytes, n);
    bytes += n;
    size -= n;
    free_ -= n;
  }
}

void byte_chunks::overwrite(std::size_t start, const void* data, std::size_t size) {
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  for (std::size_t i = start; i < start + size; ++i) chunks_[i / chunk_size][i % chunk_size] = *bytes++;
}

void byte_chunks::move_to(std::uint8_t* target) {
  std::size_t left = size();
  for (chunk& used : chunks_) {
    const std::size_t n = std::min(left, chunk_size);
    std::memcpy(target, used.get(), n);
    target += n;
    left -= n;
    give_back(std::move(used));
  }
  chunks_.clear();
  free_ = 0;
}

byte_chunks::chunk byte_chunks::take_chunk() {
  auto& kept = kept_chunks();
  kept.reserve(most_kept);  // giving back, mostly on this thread, then takes no memory
  if (kept.empty()) return chunk(new std::uint8_t[chunk_size]);
  chunk taken = std::move(kept.back());
  kept.pop_back();
  return taken;
}

// Also in destructors: where there is no memory for the list, the chunk is freed.
void byte_chunks::give_back(chunk used) {
  if (used == nullptr) return;
  try {
    auto& kept = kept_chunks();
    if (kept.size() < most_kept) kept.push_back(std::move(used));
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace htj2k
