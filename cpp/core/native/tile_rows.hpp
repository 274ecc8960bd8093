// The samples of one tile row by row: wavelet, component transform and level shift undone, not yet clamped.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "core/native/component_plan.hpp"
#include "core/native/pixel_grid.hpp"
#include "core/native/resolution_rows.hpp"

namespace htj2k::native {

// T holds the samples, and the coefficients of reversible components.
template <typename T>
class tile_rows {
public:
  explicit tile_rows(const tile_plan& plan) : plan_(plan), kernels_(kernels::active()) {
    for (const component_plan& component : plan.components) {
      auto& rows = sources_.emplace_back();
      if (component.is_empty()) continue;
      if (component.reversible)
        rows.exact.emplace(component, component.resolution);
      else
        rows.real.emplace(component, component.resolution);
    }
  }

  // See band_rows.
  void enqueue(block_queue& queue) {
    for (std::size_t c = 0; c < sources_.size(); ++c) {
      const unsigned levels = plan_.components[c].log_rows;
      if (sources_[c].exact) sources_[c].exact->enqueue(queue, levels);
      if (sources_[c].real) sources_[c].real->enqueue(queue, levels);
    }
  }

  // Writes the next row of each component of the run, which are not empty, at lines[c]. `overflow` becomes
  // negative when T is int16_t and does not hold a value.
  void next(const component_run& run, T* const* lines, T& overflow) {
    float no_overflow = 0;
    std::size_t c = run.first;
    if (plan_.color_transform && c == 0) {
      c = 3;
      if (plan_.components[0].reversible)
        take_rct(lines, overflow);
      else
        take_ict(lines);
    }
    for (; c < run.stop; ++c) {
      const component_plan& component = plan_.components[c];
      if (component.reversible)
        kernels_.synthesis<T>().add(sources_[c].exact->next(overflow), static_cast<T>(component.offset),
                                    component.width(), lines[c], overflow);
      else
        round(component, sources_[c].real->next(no_overflow), lines[c]);
    }
    for (c = run.first; c < run.stop; ++c)
      if (plan_.components[c].sign_magnitude) restore_signs(plan_.components[c], lines[c]);
  }

private:
  struct source {
    std::optional<resolution_rows<T>> exact;
    std::optional<resolution_rows<float>> real;
  };

  void take_rct(T* const* lines, T& overflow) {
    const T* rows[3];
    T offsets[3];
    for (std::size_t c = 0; c < 3; ++c) {
      rows[c] = sources_[c].exact->next(overflow);
      offsets[c] = static_cast<T>(plan_.components[c].offset);
    }
    kernels_.synthesis<T>().inverse_rct(rows[0], rows[1], rows[2], offsets, plan_.components[0].width(),
                                        lines[0], lines[1], lines[2], overflow);
  }

  void take_ict(T* const* lines) {
    float no_overflow = 0;
    const std::size_t width = plan_.components[0].width();
    for (std::size_t c = 0; c < 3; ++c) {
      const float* row = sources_[c].real->next(no_overflow);
      colors_[c].assign(row, row + width);
    }
    kernels_.irreversible.inverse_ict(colors_[0].data(), colors_[1].data(), colors_[2].data(), width);
    for (std::size_t c = 0; c < 3; ++c) round(plan_.components[c], colors_[c].data(), lines[c]);
  }

  void round(const component_plan& component, const float* row, T* line) {
    const std::size_t n = component.width();
    if constexpr (sizeof(T) == sizeof(std::int32_t)) {
      kernels_.irreversible.round(row, component.bit_depth, static_cast<std::int32_t>(component.offset), n,
                                  line);
    } else {  // beside components of more bits
      rounded_.resize(n);
      kernels_.irreversible.round(row, component.bit_depth, 0, n, rounded_.data());
      for (std::size_t i = 0; i < n; ++i) line[i] = static_cast<T>(rounded_[i] + component.offset);
    }
  }

  // Undoes NLT of type 3 (T.801 K.2.3), by which a sample with sign bit 1 and magnitude m below it became the
  // number -1 - m. Of numbers out of range it would make others with another sign.
  static void restore_signs(const component_plan& component, T* line) {
    const auto high = static_cast<T>((std::int64_t{1} << (component.bit_depth - 1)) - 1);
    const auto low = static_cast<T>(-1 - high);
    for (std::size_t i = 0; i < component.width(); ++i) {
      const T value = std::clamp(line[i], low, high);
      line[i] = value < 0 ? static_cast<T>(low + (-1 - value)) : value;
    }
  }

  const tile_plan& plan_;
  const kernels::implementation& kernels_;
  std::vector<source> sources_;
  std::vector<float> colors_[3];
  std::vector<std::int32_t> rounded_;
};

}  // namespace htj2k::native
