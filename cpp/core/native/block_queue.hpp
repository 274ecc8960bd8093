// The codeblocks of a decode, shared out to several threads.
//
// One thread, the reader, takes rows; it needs codeblocks a strip (a row of them in one subband) at a time.
// Others decode ahead of it, in about the order in which it will ask. A subband has memory for two strips, so
// helpers are never far ahead, and the reader never waits for one that has not begun: what nobody works on it
// does itself. What is decoded does not depend on who does it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <vector>

#include "core/native/block_decoder.hpp"
#include "core/worker_pool.hpp"

namespace htj2k::native {

// What codeblocks belong to and are decoded into.
class block_source {
public:
  virtual ~block_source() = default;
  virtual void decode_block(std::uint32_t strip, std::uint32_t column, block_decoder& decoder) = 0;
};

// This thread's.
block_decoder& own_block_decoder();

class block_queue {
public:
  static constexpr std::uint32_t strips_in_memory = 2;

  block_queue();
  ~block_queue();
  block_queue(const block_queue&) = delete;
  block_queue& operator=(const block_queue&) = delete;

  // Strips must be added source by source, from the first on; `when` says how late, against others, the
  // reader will need this one.
  void add(block_source& source, std::uint32_t strip, std::uint32_t num_blocks, std::uint64_t when);
  // Ends the adding.
  void start(unsigned num_helpers);

  // Returns when all blocks of the strip are decoded; the reader is done with earlier ones of the source.
  // Throws what the first of its blocks threw.
  void take(const block_source& source, std::uint32_t strip);

  // How many blocks helpers have decoded in this process.
  static std::uint64_t num_helped();

private:
  struct shared;
  std::shared_ptr<shared> shared_;
  worker_pool::handle helpers_;
};

}  // namespace htj2k::native
