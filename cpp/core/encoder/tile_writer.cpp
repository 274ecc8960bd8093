#include "core/encoder/tile_writer.hpp"

#include <array>
#include <string>

#include "core/bytes.hpp"
#include "core/encoder/packet_writer.hpp"
#include "core/encoder/tile_part_division.hpp"
#include "core/error.hpp"
#include "core/marker.hpp"
#include "core/tile_part_lengths.hpp"

namespace htj2k::encoder {
namespace {

// SOT, without the Psot that only the packets can tell, and SOD.
void append_header(byte_chunks& target, std::uint16_t tile, std::uint32_t part, std::uint32_t num_parts) {
  std::array<std::uint8_t, sot_to_sod> header{};
  store_u16(&header[0], SOT);
  store_u16(&header[2], 10);  // Lsot
  store_u16(&header[4], tile);
  header[10] = static_cast<std::uint8_t>(part);       // TPsot
  header[11] = static_cast<std::uint8_t>(num_parts);  // TNsot
  store_u16(&header[12], SOD);
  target.append(header.data(), header.size());
}

void fill_in_length(byte_chunks& target, std::size_t sot) {
  const std::size_t length = target.size() - sot;
  if (length > UINT32_MAX)
    throw error(error_code::invalid_argument, "a tile-part has " + std::to_string(length) +
                                                  " bytes, more than Psot can tell; use smaller tiles");
  std::array<std::uint8_t, 4> psot;
  store_u32(psot.data(), length);
  target.overwrite(sot + sot_to_psot, psot.data(), psot.size());
}

}  // namespace

void write_tile(const codestream& cs, std::uint16_t tile, const tile_geometry& geometry,
                const coded_tile_blocks& blocks, const encode_options& options, byte_chunks& target) {
  const auto order = static_cast<progression>(defaults_of(cs, tile).progression_order);
  const tile_part_division parts(order, options, cs.siz.num_components());
  const auto packets = packet_order(cs, tile, geometry).packets;
  packet_writer writer;
  auto packet = packets.begin();
  for (std::uint32_t part = 0; part < parts.count(); ++part) {
    const std::size_t sot = target.size();
    append_header(target, tile, part, parts.count());
    for (; packet != packets.end() && parts.part_of(*packet) == part; ++packet)
      writer.write(geometry.components[packet->component][packet->resolution], packet->precinct,
                   blocks[packet->component][packet->resolution], target);
    fill_in_length(target, sot);
  }
}

}  // namespace htj2k::encoder
