// One tile at a resolution below the decoded one: takes the rows of its components to those of the image.
#pragma once

#include <memory>
#include <stdexcept>
#include <vector>

#include "core/native/level_rows.hpp"
#include "core/native/sample_rows.hpp"
#include "core/native/tile_rows.hpp"

namespace htj2k::native {

template <typename T>
class tile_level {
public:
  tile_level(const tile_plan& plan, unsigned below, level_rows<T>& level)
      : plan_(plan), below_(below), samples_(plan, below), level_(level) {
    x_ = area().x0 - level.area().x0;
    y_ = area().y0 - level.area().y0;
    for (std::size_t c = 0; c < plan.components.size(); ++c) taps_.emplace_back(*this, c);
  }
  tile_level(const tile_level&) = delete;
  tile_level& operator=(const tile_level&) = delete;

  // How many parts of a row come from here.
  std::size_t num_parts() const { return area().is_empty() ? 0 : taps_.size(); }

  void listen_to(tile_rows<T>& tile) {
    if (num_parts() == 0) return;
    for (std::size_t c = 0; c < taps_.size(); ++c) tile.set_tap(c, below_, taps_[c]);
  }

private:
  class tap final : public row_tap<T>, public row_tap<float> {
  public:
    tap(tile_level& level, std::size_t component) : level_(&level), component_(component) {}
    void take(const T* row, T& overflow) override { level_->take(component_, {row, nullptr}, overflow); }
    void take(const float* row, float&) override {
      T no_overflow = 0;
      level_->take(component_, {nullptr, row}, no_overflow);
    }
    std::uint32_t next = 0;

  private:
    tile_level* level_;
    std::size_t component_;
  };

  // All components have one size.
  const rect& area() const { return plan_.components.front().area(below_); }

  void take(std::size_t c, const component_row<T>& row, T& overflow) {
    if (c < samples_.num_colors()) return take_color(c, row, overflow);
    const std::uint32_t y = y_ + taps_[c].next++;
    samples_.take(c, row, level_.line(y, c) + x_, overflow);
    level_.add_parts(y, 1, overflow);
  }

  // Colours of a pixel can only be told when all three components of it are here, of which the third comes
  // last.
  void take_color(std::size_t c, const component_row<T>& row, T& overflow) {
    if (c != 2) {
      keep(row.exact, exact_[c]);
      keep(row.real, real_[c]);
      return;
    }
    const component_row<T> rows[3] = {first_of(0), first_of(1), row};
    const std::uint32_t y = y_ + taps_[0].next++;
    T* lines[3];
    for (std::size_t i = 0; i < 3; ++i) lines[i] = level_.line(y, i) + x_;
    samples_.take_colors(rows, lines, overflow);
    level_.add_parts(y, 3, overflow);
    for (std::size_t i = 0; i < 2; ++i) {
      if (!exact_[i].is_empty()) exact_[i].pop();
      if (!real_[i].is_empty()) real_[i].pop();
    }
  }

  component_row<T> first_of(std::size_t c) {
    if (!exact_[c].is_empty()) return {exact_[c].front().data(), nullptr};
    if (!real_[c].is_empty()) return {nullptr, real_[c].front().data()};
    throw std::logic_error("the components of a tile do not keep in step");
  }

  template <typename Value>
  void keep(const Value* row, row_queue<std::vector<Value>>& queue) const {
    if (row == nullptr) return;
    const std::size_t width = area().width();
    std::copy_n(row, width, queue.push([&] { return std::vector<Value>(width); }).begin());
  }

  const tile_plan& plan_;
  unsigned below_;
  sample_rows<T> samples_;
  level_rows<T>& level_;
  std::uint32_t x_ = 0, y_ = 0;  // of the tile's first sample
  std::vector<tap> taps_;
  row_queue<std::vector<T>> exact_[2];
  row_queue<std::vector<float>> real_[2];
};

}  // namespace htj2k::native
