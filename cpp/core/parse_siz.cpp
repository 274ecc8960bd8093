// SIZ (T.800 A.5.1) and CAP (A.5.2, T.814 A.3).
#include "core/segments.hpp"

namespace htj2k {
namespace {

constexpr std::uint32_t max_tiles = 65535;  // Isot has 16 bits, and 65535 is not a tile
constexpr std::uint32_t max_csiz = 16384;

component_size parse_component(segment_reader& in) {
  component_size out;
  const std::uint8_t ssiz = in.u8("bit depth (Ssiz)");
  out.is_signed = (ssiz & 0x80) != 0;
  out.bit_depth = static_cast<std::uint8_t>((ssiz & 0x7F) + 1);
  if (out.bit_depth > 38)
    in.refuse(
        "bit depth (Ssiz)", out.bit_depth,
        std::string("expected 1 to 38 bits (the samples are ") + (out.is_signed ? "signed)" : "unsigned)"));
  out.dx = in.u8("XRsiz");
  if (out.dx == 0) in.refuse("XRsiz", 0, "expected 1 to 255");
  out.dy = in.u8("YRsiz");
  if (out.dy == 0) in.refuse("YRsiz", 0, "expected 1 to 255");
  return out;
}

// One axis of the reference grid (T.800 B.2 and B.3, equations B-1 to B-4).
void check_axis(const segment_reader& in, const char* axis, std::uint32_t x0, std::uint32_t x1,
                std::uint32_t tile_x0, std::uint32_t tile_size) {
  const std::string n(axis);
  if (x0 >= x1)
    in.refuse(n + "Osiz is " + std::to_string(x0) + " and " + n + "siz is " + std::to_string(x1) +
              "; the image area is empty");
  if (tile_size == 0) in.refuse(n + "Tsiz is 0; tiles have at least one column and row");
  if (tile_x0 > x0)
    in.refuse(n + "TOsiz is " + std::to_string(tile_x0) + ", beyond " + n + "Osiz, which is " +
              std::to_string(x0));
  if (std::uint64_t{tile_x0} + tile_size <= x0)
    in.refuse("the first tile ends at " + n + " = " + std::to_string(std::uint64_t{tile_x0} + tile_size) +
              ", before the image, which starts at " + std::to_string(x0));
}

std::uint32_t count_tiles(std::uint32_t x1, std::uint32_t tile_x0, std::uint32_t tile_size) {
  return static_cast<std::uint32_t>((std::uint64_t{x1} - tile_x0 + tile_size - 1) / tile_size);
}

bool is_empty(std::uint32_t x0, std::uint32_t x1, std::uint32_t d) {
  return (std::uint64_t{x1} + d - 1) / d == (std::uint64_t{x0} + d - 1) / d;
}

void check_components(const segment_reader& in, const image_size& siz) {
  for (std::uint32_t c = 0; c < siz.num_components(); ++c) {
    const component_size& k = siz.components[c];
    if (is_empty(siz.x0, siz.x1, k.dx) || is_empty(siz.y0, siz.y1, k.dy))
      in.refuse("component " + std::to_string(c) + " has no samples: subsampling is " + std::to_string(k.dx) +
                " x " + std::to_string(k.dy));
  }
}

void parse_grid(segment_reader& in, image_size& siz) {
  siz.rsiz = in.u16("Rsiz");
  siz.x1 = in.u32("Xsiz");
  siz.y1 = in.u32("Ysiz");
  siz.x0 = in.u32("XOsiz");
  siz.y0 = in.u32("YOsiz");
  siz.tile_width = in.u32("XTsiz");
  siz.tile_height = in.u32("YTsiz");
  siz.tile_x0 = in.u32("XTOsiz");
  siz.tile_y0 = in.u32("YTOsiz");
  check_axis(in, "X", siz.x0, siz.x1, siz.tile_x0, siz.tile_width);
  check_axis(in, "Y", siz.y0, siz.y1, siz.tile_y0, siz.tile_height);
  siz.tiles_across = count_tiles(siz.x1, siz.tile_x0, siz.tile_width);
  siz.tiles_down = count_tiles(siz.y1, siz.tile_y0, siz.tile_height);
  const std::uint64_t tiles = std::uint64_t{siz.tiles_across} * siz.tiles_down;
  if (tiles > max_tiles)
    in.refuse("the image has " + std::to_string(siz.tiles_across) + " x " + std::to_string(siz.tiles_down) +
              " tiles; at most 65535 can be addressed");
}

}  // namespace

image_size parse_siz(segment_reader& in) {
  image_size siz;
  siz.offset = in.start();
  parse_grid(in, siz);
  const std::uint16_t count = in.u16("Csiz");
  if (count == 0 || count > max_csiz) in.refuse("Csiz", count, "expected 1 to 16384 components");
  if (in.left() != 3U * count)
    in.refuse(
        "Csiz", count,
        "the segment holds " + std::to_string(in.left()) + " bytes for components, 3 are needed for each");
  siz.components.reserve(count);
  for (std::uint32_t c = 0; c < count; ++c) siz.components.push_back(parse_component(in));
  check_components(in, siz);
  return siz;
}

capabilities parse_cap(segment_reader& in) {
  capabilities cap;
  cap.offset = in.start();
  cap.pcap = in.u32("Pcap");
  for (unsigned part = 1; part <= 32; ++part) {
    if ((cap.pcap & (1U << (32 - part))) == 0) continue;
    const std::uint16_t ccap = in.u16("Ccap");
    if (part == 15) cap.ccap15 = ccap;
  }
  in.expect_end();
  return cap;
}

}  // namespace htj2k
