// The last step of a tile's rows to samples: component transform and level shift undone, not yet clamped.
#pragma once

#include <algorithm>
#include <vector>

#include "core/native/component_plan.hpp"
#include "kernels/implementation.hpp"

namespace htj2k::native {

// A row of one component: of T if its wavelet is reversible, else of float.
template <typename T>
struct component_row {
  const T* exact = nullptr;
  const float* real = nullptr;
};

// T holds the samples, and the coefficients of reversible components. `overflow` becomes negative when it is
// int16_t and does not hold a value.
template <typename T>
class sample_rows {
public:
  // `below`: how many resolutions below the decoded one the rows are.
  explicit sample_rows(const tile_plan& plan, unsigned below = 0)
      : plan_(plan), below_(below), kernels_(kernels::active()) {}

  // How many components, from the first on, the component transform takes.
  std::size_t num_colors() const { return plan_.color_transform ? 3 : 0; }

  void take_colors(const component_row<T>* rows, T* const* lines, T& overflow) {
    if (plan_.components[0].reversible)
      take_rct(rows, lines, overflow);
    else
      take_ict(rows, lines);
    for (std::size_t c = 0; c < 3; ++c)
      if (plan_.components[c].sign_magnitude) restore_signs(plan_.components[c], width_of(c), lines[c]);
  }

  // Of a component that no component transform takes.
  void take(std::size_t c, const component_row<T>& row, T* line, T& overflow) {
    const component_plan& component = plan_.components[c];
    undo_offset(c, row, line, overflow);
    if (component.sign_magnitude) restore_signs(component, width_of(c), line);
  }

private:
  void undo_offset(std::size_t c, const component_row<T>& row, T* line, T& overflow) {
    const component_plan& component = plan_.components[c];
    if (component.reversible)
      kernels_.synthesis<T>().add(row.exact, static_cast<T>(component.offset), width_of(c), line, overflow);
    else
      round(component, row.real, gain_of(c), width_of(c), line);
  }

  std::size_t width_of(std::size_t c) const { return plan_.components[c].width(below_); }
  float gain_of(std::size_t c) const {
    const component_plan& component = plan_.components[c];
    return component.gains[component.resolution - below_];
  }

  void take_rct(const component_row<T>* rows, T* const* lines, T& overflow) {
    T offsets[3];
    for (std::size_t c = 0; c < 3; ++c) offsets[c] = static_cast<T>(plan_.components[c].offset);
    kernels_.synthesis<T>().inverse_rct(rows[0].exact, rows[1].exact, rows[2].exact, offsets, width_of(0),
                                        lines[0], lines[1], lines[2], overflow);
  }

  void take_ict(const component_row<T>* rows, T* const* lines) {
    const std::size_t n = width_of(0);
    for (std::size_t c = 0; c < 3; ++c) {
      colors_[c].resize(n);
      const float gain = gain_of(c);
      std::transform(rows[c].real, rows[c].real + n, colors_[c].begin(), [&](float v) { return v * gain; });
    }
    kernels_.irreversible.inverse_ict(colors_[0].data(), colors_[1].data(), colors_[2].data(), n);
    for (std::size_t c = 0; c < 3; ++c) round(plan_.components[c], colors_[c].data(), 1, n, lines[c]);
  }

  void round(const component_plan& component, const float* row, float gain, std::size_t n, T* line) {
    const auto& to_integers = kernels_.irreversible.round;
    if constexpr (sizeof(T) == sizeof(std::int32_t)) {
      to_integers(row, gain, component.bit_depth, static_cast<std::int32_t>(component.offset), n, line);
    } else {  // beside components of more bits
      rounded_.resize(n);
      to_integers(row, gain, component.bit_depth, 0, n, rounded_.data());
      for (std::size_t i = 0; i < n; ++i) line[i] = static_cast<T>(rounded_[i] + component.offset);
    }
  }

  // Undoes NLT of type 3 (T.801 K.2.3), by which a sample with sign bit 1 and magnitude m below it became the
  // number -1 - m. Of numbers out of range it would make others with another sign.
  static void restore_signs(const component_plan& component, std::size_t n, T* line) {
    const auto high = static_cast<T>((std::int64_t{1} << (component.bit_depth - 1)) - 1);
    const auto low = static_cast<T>(-1 - high);
    for (std::size_t i = 0; i < n; ++i) {
      const T value = std::clamp(line[i], low, high);
      line[i] = value < 0 ? static_cast<T>(low + (-1 - value)) : value;
    }
  }

  const tile_plan& plan_;
  unsigned below_;
  const kernels::implementation& kernels_;
  std::vector<float> colors_[3];
  std::vector<std::int32_t> rounded_;
};

}  // namespace htj2k::native
