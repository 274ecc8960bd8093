#include "core/whole_mask.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/geometry.hpp"
#include "core/strict.hpp"

namespace htj2k {
namespace {

// The highest whole resolution for each sample of one resolution of a tile-component.
struct sample_levels {
  rect area;
  std::vector<std::int8_t> levels;

  sample_levels(const rect& where, std::int8_t level)
      : area(where), levels(std::size_t{where.width()} * where.height(), level) {}
  std::int8_t* row(std::uint32_t y) { return levels.data() + std::size_t{y - area.y0} * area.width(); }
};

// How far a sample's synthesis reaches, low-pass samples at even coordinates and high-pass ones at odd (T.800
// Table F.1): filters of 3 and 5 taps, or 7 and 9. What mirroring at the edges adds lies within.
std::uint32_t reach(bool reversible, std::uint32_t coordinate) {
  return (reversible ? 1 : 3) + coordinate % 2;
}

struct run {
  std::uint32_t start, stop;
};

run within_reach(std::uint32_t at, std::uint32_t start, std::uint32_t stop, bool reversible) {
  const std::uint32_t n = reach(reversible, at);
  return {at - std::min(n, at - start), std::min(at + n + 1, stop)};
}

// Each sample gets the least level of all that its synthesis reads.
void spread(sample_levels& of, bool reversible) {
  const rect& area = of.area;
  std::vector<std::int8_t> source(area.width());
  for (std::uint32_t y = area.y0; y < area.y1; ++y) {
    std::int8_t* const row = of.row(y);
    std::copy_n(row, area.width(), source.data());
    for (std::uint32_t x = area.x0; x < area.x1; ++x) {
      const run read = within_reach(x, area.x0, area.x1, reversible);
      row[x - area.x0] =
          *std::min_element(source.data() + (read.start - area.x0), source.data() + (read.stop - area.x0));
    }
  }
  std::array<std::vector<std::int8_t>, 5> before;  // rows as they were, y - 4 to y
  for (std::uint32_t y = area.y0; y < area.y1; ++y) {
    std::int8_t* const row = of.row(y);
    before[y % before.size()].assign(row, row + area.width());
    const run read = within_reach(y, area.y0, area.y1, reversible);
    for (std::uint32_t v = read.start; v < read.stop; ++v) {
      const std::int8_t* const other = v < y ? before[v % before.size()].data() : of.row(v);
      for (std::uint32_t x = 0; x < area.width(); ++x) row[x] = std::min(row[x], other[x]);
    }
  }
}

class component_mask {
public:
  component_mask(const std::vector<tile_resolution>& resolutions,
                 const std::vector<std::array<lost_band, 3>>& lost, bool reversible)
      : resolutions_(resolutions), lost_(lost), reversible_(reversible) {}

  bool is_whole(unsigned top) const {
    for (unsigned r = 0; r <= top; ++r)
      for (const lost_band& band : lost_[r])
        if (band.has_any()) return false;
    return true;
  }

  // Of resolution `top`; a level counts resolutions of this component.
  sample_levels levels(unsigned top) const {
    sample_levels result(resolutions_[0].area, 0);
    mark(result, 0, 0);
    for (unsigned r = 1; r <= top; ++r) result = next(result, r);
    return result;
  }

private:
  // Subbands are interleaved, as synthesis finds them. That the lower resolution is whole restricts nothing.
  sample_levels next(sample_levels& lower, unsigned r) const {
    const auto level = static_cast<std::int8_t>(r);
    sample_levels result(resolutions_[r].area, level);
    const std::uint32_t stop = lower.area.is_empty() ? lower.area.y0 : lower.area.y1;
    for (std::uint32_t y = lower.area.y0; y < stop; ++y) {
      const std::int8_t* const from = lower.row(y);
      std::int8_t* const to = result.row(2 * y) + (2 * lower.area.x0 - result.area.x0);
      for (std::uint32_t x = 0; x < lower.area.width(); ++x)
        if (from[x] + 1 < level) to[std::size_t{2} * x] = from[x];
    }
    for (unsigned b = 0; b < 3; ++b) mark(result, r, b);
    spread(result, reversible_);
    return result;
  }

  // The coefficients of lost blocks, of band `b` of resolution r.
  void mark(sample_levels& result, unsigned r, unsigned b) const {
    const tile_resolution& resolution = resolutions_[r];
    if (lost_[r][b].is_empty()) return;
    for (std::uint32_t row = 0; row < resolution.blocks_down(b); ++row)
      for (std::uint32_t column = 0; column < resolution.blocks_across(b); ++column)
        if (lost_[r][b].has(resolution, b, column, row)) mark_block(result, r, b, column, row);
  }

  void mark_block(sample_levels& result, unsigned r, unsigned b, std::uint32_t column,
                  std::uint32_t row) const {
    const rect block = resolutions_[r].block_area(b, column, row);
    const std::uint32_t step = r == 0 ? 1 : 2;
    const std::uint32_t odd_x = r == 0 ? 0 : (b + 1) & 1U, odd_y = r == 0 ? 0 : (b + 1) >> 1U;
    for (std::uint32_t y = block.y0; y < block.y1; ++y) {
      std::int8_t* const to = result.row(step * y + odd_y);
      for (std::uint32_t x = block.x0; x < block.x1; ++x)
        to[step * x + odd_x - result.area.x0] = static_cast<std::int8_t>(r - 1);
    }
  }

  const std::vector<tile_resolution>& resolutions_;
  const std::vector<std::array<lost_band, 3>>& lost_;
  bool reversible_;
};

// The mask of the image, into which tile-components are put.
class image_mask {
public:
  image_mask(const codestream& cs, std::uint32_t reduce, std::int8_t* mask)
      : cs_(cs), reduce_(reduce), image_(image_rect(cs.siz, reduce)), mask_(mask) {
    std::fill_n(mask, std::size_t{image_.width()} * image_.height(),
                static_cast<std::int8_t>(max_reduce(cs) - reduce));
  }

  void put(std::uint16_t tile, std::uint32_t c, const coded_tile& coded) {
    const auto& resolutions = coded.geometry.components[c];
    const auto top = static_cast<unsigned>(resolutions.size()) - 1 - reduce_;
    if (resolutions[top].area.is_empty()) return;
    const auto levels_below_base = static_cast<unsigned>(resolutions.size()) - 1 - max_reduce(cs_);
    if (coded.lost->all)
      return put(c, sample_levels(resolutions[top].area, highest_empty(resolutions)), levels_below_base);
    const component_mask of(resolutions, coded.lost->bands[c],
                            style_of(cs_, tile, static_cast<std::uint16_t>(c)).reversible());
    if (!of.is_whole(top)) put(c, of.levels(top), levels_below_base);
  }

private:
  // Resolutions up to it have no samples: nothing of them can be lost.
  static std::int8_t highest_empty(const std::vector<tile_resolution>& resolutions) {
    std::int8_t r = -1;
    while (resolutions[static_cast<std::size_t>(r + 1)].area.is_empty()) ++r;
    return r;
  }

  // Components with more levels than others have further resolutions below the image's base. A sample is
  // repeated where components have different sizes.
  void put(std::uint32_t c, sample_levels of, unsigned levels_below_base) {
    const component_size& size = cs_.siz.components[c];
    const bool is_spread = !has_equal_components(cs_.siz);
    const std::uint32_t dx = is_spread ? size.dx : 1, dy = is_spread ? size.dy : 1;
    const rect all = component_rect(cs_.siz, c, reduce_);
    const auto stop = [](std::uint32_t end, std::uint32_t step, std::uint32_t most) {
      return static_cast<std::uint32_t>(std::min<std::uint64_t>(std::uint64_t{end} * step, most));
    };
    const std::uint32_t left = of.area.x0 - all.x0;
    const std::uint32_t last_x = stop(of.area.x1 - all.x0, dx, image_.width());
    const std::uint32_t last_y = stop(of.area.y1 - all.y0, dy, image_.height());
    for (std::uint32_t y = (of.area.y0 - all.y0) * dy; y < last_y; ++y) {
      const std::int8_t* const from = of.row(y / dy + all.y0);
      std::int8_t* const to = mask_ + std::size_t{y} * image_.width();
      for (std::uint32_t x = left * dx; x < last_x; ++x)
        to[x] = static_cast<std::int8_t>(
            std::min<int>(to[x], std::max(-1, from[x / dx - left] - static_cast<int>(levels_below_base))));
    }
  }

  const codestream& cs_;
  std::uint32_t reduce_;
  rect image_;
  std::int8_t* mask_;
};

}  // namespace

void write_whole_mask(const codestream& cs, const packet_walk& walk, std::uint32_t reduce,
                      std::int8_t* mask) {
  image_mask image(cs, reduce, mask);
  for (const auto& [tile, coded] : walk.tiles)
    for (std::uint32_t c = 0; c < coded.geometry.components.size(); ++c) image.put(tile, c, coded);
}

}  // namespace htj2k
