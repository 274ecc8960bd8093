// All rows of one resolution of one tile-component, kept for a decode of a higher resolution.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/geometry.hpp"

namespace htj2k::native {

class kept_rows {
public:
  kept_rows(unsigned resolution, const rect& area) : resolution_(resolution), area_(area) {}

  unsigned resolution() const { return resolution_; }
  const rect& area() const { return area_; }

  std::uint64_t size() const {
    return std::visit([](const auto& samples) { return samples.size() * sizeof samples[0]; }, samples_);
  }

  // Row `y`, counted from 0. The first row of another type than those before it drops these.
  template <typename T>
  void set_row(std::uint32_t y, const T* row) {
    if (!std::holds_alternative<std::vector<T>>(samples_) || size() == 0)
      samples_ = std::vector<T>(std::size_t{area_.width()} * area_.height());
    std::copy_n(row, area_.width(), std::get<std::vector<T>>(samples_).begin() + start_of(y));
  }

  // Whether rows of T hold what was kept. Of floats they need not: other rows take them.
  template <typename T>
  bool fit() const {
    return std::visit(
        [](const auto& samples) {
          using kept = typename std::decay_t<decltype(samples)>::value_type;
          return std::is_floating_point_v<kept> || sizeof(kept) <= sizeof(T);
        },
        samples_);
  }

  // As T, in which the rows fit. Valid as long as the rows and `memory` are left alone.
  template <typename T>
  const T* row(std::uint32_t y, std::vector<T>& memory) const {
    return std::visit(
        [&](const auto& samples) -> const T* {
          using kept = typename std::decay_t<decltype(samples)>::value_type;
          const kept* const start = samples.data() + start_of(y);
          if constexpr (std::is_same_v<kept, T>) {
            return start;
          } else {
            memory.resize(area_.width());
            std::transform(start, start + area_.width(), memory.begin(),
                           [](kept value) { return static_cast<T>(value); });
            return memory.data();
          }
        },
        samples_);
  }

private:
  std::ptrdiff_t start_of(std::uint32_t y) const {
    return static_cast<std::ptrdiff_t>(std::size_t{y} * area_.width());
  }

  unsigned resolution_;
  rect area_;
  std::variant<std::vector<std::int16_t>, std::vector<std::int32_t>, std::vector<std::int64_t>,
               std::vector<float>>
      samples_;
};

// Of all components of all tiles.
struct kept_resolution {
  std::vector<std::vector<kept_rows>> tiles;  // [tile][component]; none: nothing is kept

  std::uint64_t size() const {
    std::uint64_t sum = 0;
    for (const auto& components : tiles)
      for (const kept_rows& rows : components) sum += rows.size();
    return sum;
  }
};

}  // namespace htj2k::native
