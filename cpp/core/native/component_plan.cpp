#include "core/native/component_plan.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/nonlinearities.hpp"

namespace htj2k::native {
namespace {

constexpr double low_pass_gain = 1.230174104914001;  // K of T.800 Table F.4

// What lifting 9/7 along one dimension would multiply low and high-pass samples with (T.800 F.3.8.2). A lone
// sample is not lifted: a high-pass one was doubled (F.3.6).
struct gains {
  double low = low_pass_gain, high = 1 / low_pass_gain;
  explicit gains(std::uint32_t length) {
    if (length == 1) low = 1, high = 0.5;
  }
};

// The lifting kernels multiply nothing. What a high-pass subband lacks is in its step; what the low pass
// lacks at each level is left for the end.
void set_steps(component_plan& plan, const quantization& q) {
  double gain = 1;
  for (std::size_t r = 0; r < plan.bands.size(); ++r) {
    const rect& area = plan.bands[r][0].geometry->area;
    const gains x(area.width()), y(area.height());
    if (r > 0) gain *= x.low * y.low;
    plan.gains.push_back(static_cast<float>(gain));
    const double of_bands[3] = {r == 0 ? 1 : x.high * y.low, x.low * y.high, x.high * y.high};
    for (unsigned b = 0; b < plan.bands[r][0].geometry->num_bands; ++b) {
      const int log_gain = r == 0 ? 0 : b == 2 ? 2 : 1;  // Table E.1
      const auto index = static_cast<unsigned>(r);
      const int exponent = plan.bit_depth + log_gain - static_cast<int>(q.exponent(index, b));
      const int below_sign = 31 - static_cast<int>(plan.bands[r][b].bit_planes());
      const double step = std::ldexp(1 + q.mantissa(index, b) / 2048.0, exponent - below_sign);
      plan.bands[r][b].step = static_cast<float>(step * of_bands[b] / gain);
    }
  }
}

unsigned most_bit_planes_of(const std::vector<tile_resolution>& resolutions, unsigned roi_shift) {
  unsigned most = 0;
  for (const tile_resolution& resolution : resolutions)
    for (unsigned b = 0; b < resolution.num_bands; ++b) most = std::max(most, resolution.bit_planes[b]);
  return most - roi_shift;
}

// What samples from `begin` to `end` are computed from: a mirrored edge shows in one more sample at each
// lifting step, of which high-pass (odd) samples see all and low-pass ones all but the last. So both the
// first and the last sample that is needed are odd.
std::pair<std::uint32_t, std::uint32_t> with_margin(std::uint32_t begin, std::uint32_t end, bool reversible) {
  const std::uint32_t steps = reversible ? 2 : 4;
  const std::uint32_t even = begin / 2 * 2;
  return {even - std::min(even, steps - 1), (end | 1U) + (steps - 1)};
}

rect with_margin(const rect& wanted, const rect& area, bool reversible) {
  const auto [x0, x1] = with_margin(wanted.x0, wanted.x1, reversible);
  const auto [y0, y1] = with_margin(wanted.y0, wanted.y1, reversible);
  return intersection(area, {x0, y0, x1, y1});
}

void set_windows(component_plan& plan, const rect& region) {
  plan.windows.resize(plan.bands.size());
  rect wanted = intersection(plan.bands.back()[0].geometry->area, region);
  for (std::size_t r = plan.bands.size(); r-- > 0;) {
    const tile_resolution& geometry = *plan.bands[r][0].geometry;
    const rect computed =
        r == 0 || wanted.is_empty() ? wanted : with_margin(wanted, geometry.area, plan.reversible);
    plan.windows[r] = {wanted, computed};
    if (r == 0) {
      plan.bands[0][0].window = computed;
      return;
    }
    for (unsigned b = 0; b < geometry.num_bands; ++b)
      plan.bands[r][b].window = band_part(computed, static_cast<orientation>(b + 1));
    wanted = band_part(computed, orientation::ll);
  }
}

component_plan plan_component(const codestream& cs, std::uint16_t tile, std::uint16_t c,
                              const coded_tile& coded, std::uint32_t reduce, const rect& region) {
  const component_size& size = cs.siz.components[c];
  const coding_style& style = style_of(cs, tile, c);
  component_plan plan;
  plan.reversible = style.reversible();
  plan.resolution = style.num_decompositions - reduce;
  plan.bit_depth = size.bit_depth;
  while (2U << plan.log_rows <= size.dy) ++plan.log_rows;
  plan.sign_magnitude = is_sign_magnitude(cs, c);
  const unsigned roi_shift = roi_shift_of(cs, tile, c);
  plan.most_bit_planes = most_bit_planes_of(coded.geometry.components[c], roi_shift);
  if (!size.is_signed) plan.offset = std::int64_t{1} << (size.bit_depth - 1);
  plan.bands.reserve(plan.resolution + std::size_t{1});
  for (unsigned r = 0; r <= plan.resolution; ++r) {
    const tile_resolution& geometry = coded.geometry.components[c][r];
    auto& bands = plan.bands.emplace_back();
    for (unsigned b = 0; b < geometry.num_bands; ++b) {
      bands[b] = {cs.data,
                  tile,
                  c,
                  r,
                  b,
                  &geometry,
                  &coded.bands[c][r][b],
                  {style.block_style, static_cast<orientation>(r == 0 ? 0 : b + 1), &coded.pieces},
                  roi_shift,
                  0,
                  nullptr,
                  {}};
      if (coded.lost != nullptr) bands[b].lost = &coded.lost->bands[c][r][b];
    }
  }
  set_windows(plan, region);
  if (!plan.reversible) set_steps(plan, quantization_of(cs, tile, c));
  return plan;
}

}  // namespace

bool tile_plan::is_empty() const {
  return std::all_of(components.begin(), components.end(),
                     [](const component_plan& component) { return component.is_empty(); });
}

tile_plan plan_tile(const codestream& cs, std::uint16_t tile, const coded_tile& coded, std::uint32_t reduce,
                    const std::vector<rect>& regions) {
  tile_plan plan;
  plan.index = tile;
  plan.color_transform = defaults_of(cs, tile).color_transform == 1 && cs.siz.num_components() >= 3;
  plan.components.reserve(cs.siz.num_components());
  for (std::uint32_t c = 0; c < cs.siz.num_components(); ++c)
    plan.components.push_back(
        plan_component(cs, tile, static_cast<std::uint16_t>(c), coded, reduce, regions[c]));
  return plan;
}

}  // namespace htj2k::native
