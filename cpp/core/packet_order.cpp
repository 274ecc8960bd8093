#include "core/packet_order.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace htj2k {
namespace {

// M_b = G + eps_b - 1 (E-2).
unsigned bit_planes_of(const quantization& q, unsigned r, unsigned band) {
  const unsigned exponent = q.exponent(r, band);
  return q.guard_bits + exponent - std::min(1U, exponent);
}

tile_resolution make_resolution(const rect& component, const coding_style& style, const quantization& steps,
                                unsigned roi_shift, unsigned r) {
  const unsigned levels = style.num_decompositions;
  tile_resolution result;
  result.area = resolution_rect(component, levels, r);
  result.ppx = style.ppx(r);
  result.ppy = style.ppy(r);
  result.rules.block_style = style.block_style;
  result.rules.may_refine = magnitude_bits(steps) + roi_shift <= most_bits_in_32;
  const unsigned above_base = r > 0 ? 1 : 0;
  result.xcb = std::min<unsigned>(style.log_block_width, result.ppx - std::min(above_base, result.ppx));
  result.ycb = std::min<unsigned>(style.log_block_height, result.ppy - std::min(above_base, result.ppy));
  if (!result.area.is_empty()) {
    result.precincts_across = count_cells(result.area.x0, result.area.x1, result.ppx);
    result.precincts_down = count_cells(result.area.y0, result.area.y1, result.ppy);
  }
  if (r > 0) result.num_bands = 3;
  for (unsigned b = 0; b < result.num_bands; ++b)
    result.bit_planes[b] = bit_planes_of(steps, r, b) + roi_shift;
  if (r == 0) {
    result.bands[0] = result.area;
    return result;
  }
  const unsigned level = levels - r + 1;
  result.bands = {subband_rect(component, orientation::hl, level),
                  subband_rect(component, orientation::lh, level),
                  subband_rect(component, orientation::hh, level)};
  return result;
}

// The codeblocks of size 2^log_block that meet the part of [begin, end) inside cell `cell` of size
// 2^log_cell: how many, and how many stand before them in [begin, end).
struct block_run {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

block_run blocks_in_cell(std::uint32_t begin, std::uint32_t end, std::uint64_t cell, unsigned log_cell,
                         unsigned log_block) {
  const auto low = static_cast<std::uint32_t>(std::max<std::uint64_t>(begin, cell << log_cell));
  const auto high = static_cast<std::uint32_t>(std::min<std::uint64_t>(end, (cell + 1) << log_cell));
  if (low >= high) return {};
  return {(low >> log_block) - (begin >> log_block),
          static_cast<std::uint32_t>(count_cells(low, high, log_block))};
}

// The reference-grid coordinate at which a position-driven progression meets a precinct row or column: its
// own start or, for the first one when the tile cuts it, the tile's (the conditions in B.12.1.3).
std::uint64_t start_on_grid(std::uint64_t index, std::uint64_t resolution_start, std::uint64_t tile_start,
                            unsigned log_precinct, unsigned levels_above, std::uint64_t subsampling) {
  const std::uint64_t first = resolution_start >> log_precinct;
  const bool is_cut = (resolution_start & ((std::uint64_t{1} << log_precinct) - 1)) != 0;
  if (index == 0 && is_cut) return tile_start;
  return ((first + index) << (log_precinct + levels_above)) * subsampling;
}

void add_precincts(const codestream& cs, const tile_geometry& geometry, std::uint32_t component,
                   std::vector<packet_id>& precincts) {
  const auto& resolutions = geometry.components[component];
  const auto& size = cs.siz.components[component];
  for (std::uint32_t r = 0; r < resolutions.size(); ++r) {
    const auto& res = resolutions[r];
    const auto above = static_cast<unsigned>(resolutions.size() - 1 - r);
    for (std::uint64_t row = 0; row < res.precincts_down; ++row)
      for (std::uint64_t column = 0; column < res.precincts_across; ++column) {
        packet_id id;
        id.y = start_on_grid(row, res.area.y0, geometry.area.y0, res.ppy, above, size.dy);
        id.x = start_on_grid(column, res.area.x0, geometry.area.x0, res.ppx, above, size.dx);
        id.component = component;
        id.resolution = r;
        id.precinct = row * res.precincts_across + column;
        precincts.push_back(id);
      }
  }
}

using packet_iterator = std::vector<packet_id>::iterator;

template <typename Key>
void sort_by(packet_iterator begin, packet_iterator end, Key key) {
  const auto before = [&](const packet_id& a, const packet_id& b) { return key(a) < key(b); };
  if (!std::is_sorted(begin, end, before)) std::sort(begin, end, before);
}

void sort_by(packet_iterator begin, packet_iterator end, progression order) {
  using p = const packet_id&;
  switch (order) {
    case progression::lrcp:
      return sort_by(begin, end,
                     [](p i) { return std::tuple(i.layer, i.resolution, i.component, i.precinct); });
    case progression::rlcp:
      return sort_by(begin, end,
                     [](p i) { return std::tuple(i.resolution, i.layer, i.component, i.precinct); });
    case progression::rpcl:
      return sort_by(begin, end, [](p i) {
        return std::tuple(i.resolution, i.y, i.x, i.component, i.precinct, i.layer);
      });
    case progression::pcrl:
      return sort_by(begin, end, [](p i) {
        return std::tuple(i.y, i.x, i.component, i.resolution, i.precinct, i.layer);
      });
    case progression::cprl:
      return sort_by(begin, end, [](p i) {
        return std::tuple(i.component, i.y, i.x, i.resolution, i.precinct, i.layer);
      });
  }
}

// One progression after the other: each gives the packets of its resolutions and components up to its layer
// that none before has given (T.800 B.12.2). So the precincts of a resolution always are at the same layer,
// and a progression that gives nothing costs no look at them.
class progressions {
public:
  progressions(const tile_geometry& geometry, std::vector<packet_id> precincts)
      : precincts_(std::move(precincts)) {
    packets_.reserve(static_cast<std::size_t>(geometry.num_packets()));
    std::size_t first = 0;
    for (const auto& resolutions : geometry.components) {
      auto& runs = runs_.emplace_back();
      for (const tile_resolution& resolution : resolutions) {
        const auto count = static_cast<std::size_t>(resolution.num_precincts());
        runs.push_back({first, count, 0});
        first += count;
      }
    }
  }

  void add(const progression_change& change) {
    const auto start = static_cast<std::ptrdiff_t>(packets_.size());
    const std::size_t components = std::min<std::size_t>(change.component_stop, runs_.size());
    for (std::size_t c = change.component_start; c < components; ++c) {
      const std::size_t resolutions = std::min<std::size_t>(change.resolution_stop, runs_[c].size());
      for (std::size_t r = change.resolution_start; r < resolutions; ++r)
        add_layers(runs_[c][r], change.layer_stop);
    }
    sort_by(packets_.begin() + start, packets_.end(), static_cast<progression>(change.order));
  }

  std::size_t size() const { return packets_.size(); }
  std::vector<packet_id> take() { return std::move(packets_); }

private:
  struct run {
    std::size_t first, count;  // its precincts
    std::uint16_t next_layer;
  };

  void add_layers(run& precincts, std::uint16_t stop) {
    if (precincts.next_layer >= stop) return;
    for (std::size_t i = precincts.first; i < precincts.first + precincts.count; ++i) {
      packet_id packet = precincts_[i];
      for (packet.layer = precincts.next_layer; packet.layer < stop; ++packet.layer)
        packets_.push_back(packet);
    }
    precincts.next_layer = stop;
  }

  std::vector<packet_id> precincts_;    // by component, then by resolution
  std::vector<std::vector<run>> runs_;  // [component][resolution]
  std::vector<packet_id> packets_;
};

}  // namespace

std::uint32_t tile_resolution::blocks_across(unsigned band) const {
  return static_cast<std::uint32_t>(count_cells(bands[band].x0, bands[band].x1, xcb));
}

std::uint32_t tile_resolution::blocks_down(unsigned band) const {
  return static_cast<std::uint32_t>(count_cells(bands[band].y0, bands[band].y1, ycb));
}

rect tile_resolution::block_area(unsigned band, std::uint32_t column, std::uint32_t row) const {
  const rect& all = bands[band];
  const std::uint64_t x = std::uint64_t{(all.x0 >> xcb) + column} << xcb;
  const std::uint64_t y = std::uint64_t{(all.y0 >> ycb) + row} << ycb;
  const auto within = [](std::uint64_t value, std::uint32_t low, std::uint32_t high) {
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(value, low, high));
  };
  return {within(x, all.x0, all.x1), within(y, all.y0, all.y1),
          within(x + (std::uint64_t{1} << xcb), all.x0, all.x1),
          within(y + (std::uint64_t{1} << ycb), all.y0, all.y1)};
}

std::array<block_grid, 3> tile_resolution::grids_of(std::uint64_t precinct) const {
  const unsigned halved = num_bands == 1 ? 0 : 1;
  const std::uint64_t column = (area.x0 >> ppx) + precinct % precincts_across;
  const std::uint64_t row = (area.y0 >> ppy) + precinct / precincts_across;
  // Above the base a precinct of 2^PPx samples covers 2^(PPx-1) of each subband.
  const unsigned px = ppx - std::min(halved, ppx);
  const unsigned py = ppy - std::min(halved, ppy);
  std::array<block_grid, 3> grids;
  for (unsigned b = 0; b < num_bands; ++b) {
    const block_run columns = blocks_in_cell(bands[b].x0, bands[b].x1, column, px, xcb);
    const block_run rows = blocks_in_cell(bands[b].y0, bands[b].y1, row, py, ycb);
    grids[b].across = columns.count;
    grids[b].first_column = columns.first;
    grids[b].down = rows.count;
    grids[b].first_row = rows.first;
    grids[b].rules = rules;
    grids[b].rules.bit_planes = bit_planes[b];
  }
  return grids;
}

tile_geometry geometry_of_tile(const codestream& cs, std::uint16_t tile) {
  tile_geometry geometry;
  geometry.area = tile_rect(cs.siz, tile);
  geometry.num_layers = defaults_of(cs, tile).num_layers;
  for (std::uint32_t c = 0; c < cs.siz.num_components(); ++c) {
    const rect component = tile_component_rect(cs.siz, tile, c);
    const coding_style& style = style_of(cs, tile, static_cast<std::uint16_t>(c));
    const quantization& steps = quantization_of(cs, tile, static_cast<std::uint16_t>(c));
    const unsigned roi_shift = roi_shift_of(cs, tile, static_cast<std::uint16_t>(c));
    auto& resolutions = geometry.components.emplace_back();
    resolutions.reserve(style.num_decompositions + std::size_t{1});
    for (unsigned r = 0; r <= style.num_decompositions; ++r) {
      resolutions.push_back(make_resolution(component, style, steps, roi_shift, r));
      resolutions.back().rules.may_repeat_sets = cs.cap && cs.cap->multiple_ht_sets();
      resolutions.back().rules.is_only_layer = geometry.num_layers == 1;
      geometry.num_precincts += resolutions.back().num_precincts();
    }
  }
  return geometry;
}

ordered_packets packet_order(const codestream& cs, std::uint16_t tile, const tile_geometry& geometry) {
  std::vector<packet_id> precincts;
  precincts.reserve(static_cast<std::size_t>(geometry.num_precincts));
  for (std::uint32_t c = 0; c < geometry.components.size(); ++c) add_precincts(cs, geometry, c, precincts);
  const std::uint8_t default_order = defaults_of(cs, tile).progression_order;
  const auto& changes = progression_changes_of(cs, tile);
  if (changes.empty() && geometry.num_layers == 1) {
    sort_by(precincts.begin(), precincts.end(), static_cast<progression>(default_order));
    const std::size_t count = precincts.size();
    return {std::move(precincts), count};
  }
  progressions order(geometry, std::move(precincts));
  progression_change all;
  all.resolution_stop = max_decompositions + 1;
  all.component_stop = cs.siz.num_components();
  all.layer_stop = geometry.num_layers;
  all.order = default_order;
  for (progression_change change : changes) {
    change.layer_stop = std::min(change.layer_stop, geometry.num_layers);
    order.add(change);
  }
  const std::size_t num_changed = order.size();
  order.add(all);
  const std::size_t num_ordered = changes.empty() ? order.size() : num_changed;
  return {order.take(), num_ordered};
}

}  // namespace htj2k
