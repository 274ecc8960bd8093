#include "core/tile_walk.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace htj2k {
namespace {

std::string name_of(const packet_id& id, std::uint16_t tile) {
  return "packet of tile " + std::to_string(tile) + ", component " + std::to_string(id.component) +
         ", resolution " + std::to_string(id.resolution) + ", precinct " + std::to_string(id.precinct) +
         (id.layer == 0 ? "" : ", layer " + std::to_string(id.layer));
}

}  // namespace

tile_walk::tile_walk(const codestream& cs, std::uint16_t tile, std::uint32_t reduce, bool keep_blocks,
                     bool is_salvage, packet_budget& budget)
    : tile_(tile),
      budget_(&budget),
      geometry_(geometry_of_tile(cs, tile)),
      options_{defaults_of(cs, tile).uses_sop, defaults_of(cs, tile).uses_eph, geometry_.num_layers} {
  budget.spend(geometry_, tile, progression_changes_of(cs, tile).size());
  ordered_packets order = packet_order(cs, tile, geometry_);
  packets_ = std::move(order.packets);
  num_ordered_ = order.num_ordered;
  if (keep_blocks)
    for (const auto& resolutions : geometry_.components) bands_.emplace_back(resolutions.size());
  if (is_salvage) lost_ = std::make_unique<lost_blocks>(geometry_);
  needed_ = packets_.size();
  while (needed_ > 0 && reduce_of(packets_[needed_ - 1]) < reduce) --needed_;
}

std::string tile_walk::name_of_missing() const {
  const packet_id& id = packets_[next_];
  const auto& resolution = geometry_.components[id.component][id.resolution];
  if (!cut_block_.empty()) return name_of(id, tile_) + ": " + cut_block_;
  const auto grids = resolution.grids_of(id.precinct);
  for (unsigned b = 0; b < resolution.num_bands; ++b)
    if (!grids[b].empty())
      return name_of(id, tile_) + ": " +
             name_of_block(resolution.num_bands, b, grids[b].first_column, grids[b].first_row);
  return name_of(id, tile_);
}

void tile_walk::salvage(const std::vector<placed_block>& blocks, std::uint64_t stop) {
  const packet_id& id = packets_[next_];
  const auto& resolution = geometry_.components[id.component][id.resolution];
  for (const placed_block& placed : blocks)
    if (placed.stop <= stop)
      bands_[id.component][id.resolution][placed.band].add(resolution, placed);
    else
      lost_->bands[id.component][id.resolution][placed.band].add(resolution, placed.band, placed.column,
                                                                 placed.row);
  is_next_salvaged_ = true;
}

coded_tile tile_walk::take_blocks() {
  if (lost_ != nullptr) note_lost_blocks();
  return {std::move(geometry_), std::move(bands_), std::move(pieces_), std::move(lost_)};
}

void tile_walk::check_body(const packet_id& id, const packet_extent& extent, std::uint64_t position,
                           std::uint64_t stop, const std::vector<placed_block>& blocks) {
  const std::uint64_t body = position + extent.header_size;
  if (extent.body_size <= stop - body) return;
  cut_packet_stop_ = body + extent.body_size;
  const auto& resolution = geometry_.components[id.component][id.resolution];
  const auto cut = std::find_if(blocks.begin(), blocks.end(),
                                [&](const placed_block& placed) { return placed.stop > stop; });
  cut_block_ = name_of_block(resolution.num_bands, cut->band, cut->column, cut->row);
  throw error(error_code::codestream,
              name_of(id, tile_) + ": its codeblocks need " + std::to_string(extent.body_size) +
                  " bytes and its tile-part has " + std::to_string(stop - body) + " left; the " + cut_block_ +
                  " is the first that is cut",
              body);
}

void tile_walk::note_lost_blocks() {
  for (std::size_t i = next_ + (is_next_salvaged_ ? 1 : 0); i < packets_.size(); ++i)
    if (packets_[i].layer + 1 == geometry_.num_layers) note_lost(packets_[i]);
  // Decoding may find more.
  for (std::size_t c = 0; c < bands_.size(); ++c)
    for (std::size_t r = 0; r < bands_[c].size(); ++r)
      for (unsigned b = 0; b < 3; ++b)
        if (!bands_[c][r][b].is_empty()) lost_->bands[c][r][b].prepare(geometry_.components[c][r], b);
}

void tile_walk::note_lost(const packet_id& id) {
  const auto& resolution = geometry_.components[id.component][id.resolution];
  const auto grids = resolution.grids_of(id.precinct);
  for (unsigned b = 0; b < resolution.num_bands; ++b)
    for (std::uint32_t y = 0; y < grids[b].down; ++y)
      for (std::uint32_t x = 0; x < grids[b].across; ++x)
        lost_->bands[id.component][id.resolution][b].add(resolution, b, grids[b].first_column + x,
                                                         grids[b].first_row + y);
}

packet_extent tile_walk::read_one(const packet_id& id, byte_span bytes, std::uint64_t start,
                                  std::uint64_t stop, const block_grid* grids, std::size_t num_grids,
                                  packet_header_reader& reader) {
  try {
    return reader.read({bytes, start, stop, headers_ ? &*headers_ : nullptr, &pieces_, budget_}, grids,
                       num_grids, state_of(id), id.layer, options_);
  } catch (const error& e) {
    throw error(e.code(), name_of(id, tile_) + ": " + e.what(), headers_ ? start : e.offset());
  }
}

precinct_state& tile_walk::state_of(const packet_id& id) {
  if (geometry_.num_layers == 1) return scratch_;
  return states_[{id.component, id.resolution, id.precinct}];
}

}  // namespace htj2k
