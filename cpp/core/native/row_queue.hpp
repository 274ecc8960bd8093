// Rows that wait for others, and the memory of former ones for those to come.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <utility>
#include <vector>

namespace htj2k::native {

// At a lower resolution a component of a tile is at most 4 rows ahead of another: lifting takes a few rows
// before it gives the first one, of each resolution in turn, and 9/7 takes more than 5/3.
constexpr std::size_t most_waiting_rows = 8;

template <typename Row>
class row_queue {
public:
  bool is_empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  Row& front() { return waiting_.front(); }
  Row& operator[](std::size_t i) { return waiting_[i]; }

  // Adds a row, which may hold what it held before it was popped, or is made. References to others end.
  template <typename Make>
  Row& push(const Make& make) {
    if (waiting_.size() == most_waiting_rows)
      throw std::logic_error("the components of a tile do not keep in step");
    if (unused_.empty()) {
      waiting_.push_back(make());
    } else {
      waiting_.push_back(std::move(unused_.back()));
      unused_.pop_back();
    }
    return waiting_.back();
  }

  // The memory that was used last, which is in the cache, is used next.
  void pop() {
    unused_.push_back(std::move(waiting_.front()));
    waiting_.erase(waiting_.begin());
  }

private:
  std::vector<Row> waiting_, unused_;
};

}  // namespace htj2k::native
