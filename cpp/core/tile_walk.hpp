// The packets of one tile, read as its tile-parts come.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/coded_tile.hpp"
#include "core/codestream.hpp"
#include "core/packed_headers.hpp"
#include "core/packet_budget.hpp"
#include "core/packet_header.hpp"
#include "core/packet_order.hpp"

namespace htj2k {

class tile_walk {
public:
  tile_walk(const codestream& cs, std::uint16_t tile, std::uint32_t reduce, bool keep_blocks, bool is_salvage,
            packet_budget& budget);

  // Headers, if they are packed, of the packets in the tile-part that is read next.
  void set_headers(std::vector<std::uint8_t> bytes) { headers_ = packed_headers{std::move(bytes), 0}; }

  // Of packed headers those of one tile-part are here at a time.
  bool has_packed_headers() const { return headers_.has_value(); }
  std::uint64_t packed_bytes_left() const { return headers_->bytes.size() - headers_->next; }

  bool is_broken = false;  // nothing after a packet that could not be read is looked at

  bool is_finished() const { return next_ >= needed_; }
  bool is_exhausted() const { return next_ >= packets_.size(); }
  // No packet follows in this tile-part, as far as can be told.
  bool is_at_end() const {
    return is_exhausted() || (!is_finished() && (headers_.has_value() || next_ >= num_ordered_));
  }
  // Packets of which no POC segment tells when they come.
  std::size_t num_unordered() const { return std::max(needed_, num_ordered_) - num_ordered_; }

  // The highest `reduce` that needs this packet.
  std::uint32_t reduce_of(const packet_id& id) const {
    return static_cast<std::uint32_t>(geometry_.components[id.component].size() - 1 - id.resolution);
  }

  // Reads packets from [position, stop) and moves `position` over each whole one. Throws what is wrong with
  // the first that is not.
  template <typename Seen>
  void read(byte_span bytes, std::uint64_t& position, std::uint64_t stop, packet_header_reader& reader,
            Seen seen) {
    while (!is_finished() && next_ < num_ordered_ && has_more(position, stop)) {
      const packet_id& id = packets_[next_];
      const auto& resolution = geometry_.components[id.component][id.resolution];
      const auto grids = resolution.grids_of(id.precinct);
      const packet_extent extent =
          read_one(id, bytes, position, stop, grids.data(), resolution.num_bands, reader);
      check_body(id, extent, position, stop, reader.blocks());
      if (!bands_.empty())
        for (const placed_block& placed : reader.blocks())
          bands_[id.component][id.resolution][placed.band].add(resolution, placed);
      position += extent.header_size + extent.body_size;
      ++next_;
      seen(reduce_of(id));
    }
  }

  template <typename Missing>
  void for_missing(Missing missing) const {
    for (std::size_t i = next_; i < packets_.size(); ++i) missing(reduce_of(packets_[i]));
  }

  // Where the packet ends whose header was read but whose body is not all there; 0: there is none.
  std::uint64_t cut_packet_stop() const { return cut_packet_stop_; }

  // The first codeblock, in the order of packets, whose bytes are not all there.
  std::string name_of_missing() const;

  // Of the packet that is cut at `stop`: the codeblocks that are whole. Those of which a layer is missing are
  // lost by the packet of that layer.
  void salvage(const std::vector<placed_block>& blocks, std::uint64_t stop);

  coded_tile take_blocks();

private:
  // A packet without codeblocks has no bytes besides its header.
  bool has_more(std::uint64_t position, std::uint64_t stop) const {
    return headers_ ? headers_->next < headers_->bytes.size() : position < stop;
  }

  void check_body(const packet_id& id, const packet_extent& extent, std::uint64_t position,
                  std::uint64_t stop, const std::vector<placed_block>& blocks);

  // Layers of a precinct come in order: wherever one is missing, the last is.
  void note_lost_blocks();

  void note_lost(const packet_id& id);

  packet_extent read_one(const packet_id& id, byte_span bytes, std::uint64_t start, std::uint64_t stop,
                         const block_grid* grids, std::size_t num_grids, packet_header_reader& reader);

  // With one layer nothing is to be kept from packet to packet.
  precinct_state& state_of(const packet_id& id);

  std::uint16_t tile_;
  packet_budget* budget_;
  tile_geometry geometry_;
  packet_options options_;
  std::optional<packed_headers> headers_;
  precinct_state scratch_;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>, precinct_state> states_;
  std::vector<packet_id> packets_;
  std::vector<std::vector<std::array<coded_band, 3>>> bands_;  // empty: not kept
  part1_pieces pieces_;
  std::size_t num_ordered_ = 0;
  std::size_t needed_ = 0;
  std::size_t next_ = 0;
  std::uint64_t cut_packet_stop_ = 0;
  std::string cut_block_;
  std::unique_ptr<lost_blocks> lost_;  // null: nothing may be
  bool is_next_salvaged_ = false;      // all that is lost of the next packet is noted
};

}  // namespace htj2k
