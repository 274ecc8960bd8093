// Parsed headers as plain Python values; the classes are in htj2k/_info.py.
#include <pybind11/stl.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "buffer.hpp"
#include "core/completeness.hpp"
#include "core/engine.hpp"
#include "core/extract.hpp"
#include "core/geometry.hpp"
#include "core/packet_walk.hpp"
#include "core/parser.hpp"
#include "core/resolutions.hpp"

namespace py = pybind11;

namespace htj2k::bindings {
namespace {

template <typename T>
py::object optional(const std::optional<T>& value) {
  return value ? py::cast(*value) : py::object(py::none());
}

py::tuple range(const byte_range& r) { return py::make_tuple(r.start, r.stop); }

const char* container_name(container c) {
  switch (c) {
    case container::jp2:
      return "jp2";
    case container::jph:
      return "jph";
    default:
      return "j2c";
  }
}

py::list component_list(const codestream& cs) {
  py::list out;
  for (std::uint32_t c = 0; c < cs.siz.num_components(); ++c) {
    const component_size& k = cs.siz.components[c];
    const rect r = component_rect(cs.siz, c);
    const coding_style& style = style_of(cs, static_cast<std::uint16_t>(c));
    const quantization& q = quantization_of(cs, static_cast<std::uint16_t>(c));
    py::dict d;
    d["bit_depth"] = k.bit_depth;
    d["is_signed"] = k.is_signed;
    d["subsampling"] = py::make_tuple(k.dx, k.dy);
    d["width"] = r.width();
    d["height"] = r.height();
    d["num_decompositions"] = style.num_decompositions;
    d["reversible"] = style.reversible();
    d["transformation"] = style.transformation;
    d["block_size"] = py::make_tuple(1U << style.log_block_height, 1U << style.log_block_width);
    d["block_style"] = style.block_style;
    d["quantization_style"] = static_cast<int>(q.style);
    d["guard_bits"] = q.guard_bits;
    out.append(std::move(d));
  }
  return out;
}

py::list precinct_list(const coding_style& style) {
  py::list out;
  for (unsigned r = 0; r <= style.num_decompositions; ++r)
    out.append(py::make_tuple(1U << style.ppy(r), 1U << style.ppx(r)));
  return out;
}

// What a walk over the packets adds to the headers; without one (not decodable here) the headers must do.
struct examined {
  codestream cs;
  std::optional<error> undecodable;
  std::optional<packet_walk> walk;
};

examined examine(byte_span data, const limits& bounds) {
  examined e;
  parse_options options;
  options.bounds = bounds;
  options.keep_damaged = true;
  e.cs = parse(data, options);
  try {
    choose_engine(e.cs, 0, decode_engine::automatic);
    e.walk = walk_packets(e.cs, 0);
  } catch (const error& reason) {
    e.undecodable = reason;
  }
  return e;
}

void check_packets(const examined& e) {
  check_complete(e.cs);
  if (!e.walk) return;
  if (e.walk->fault) throw error(*e.walk->fault);
  if (!e.walk->by_reduce[0].is_complete)
    throw error(error_code::truncated, "EOC is there, but packets of the highest resolution are not");
}

py::list resolution_list(const examined& e) {
  const codestream& cs = e.cs;
  py::list out;
  const auto stops = e.walk ? proven_stops(cs, *e.walk) : resolution_stops(cs);
  std::uint64_t start = 0;
  for (unsigned r = 0; r < stops.size(); ++r) {
    const unsigned reduce = static_cast<unsigned>(stops.size()) - 1 - r;
    const rect size = image_rect(cs.siz, reduce);
    const py::object bytes = stops[r] ? py::object(range({start, *stops[r]})) : py::object(py::none());
    out.append(py::make_tuple(size.width(), size.height(), reduce, bytes));
    if (stops[r]) start = *stops[r];
  }
  return out;
}

py::list tile_part_list(const codestream& cs) {
  py::list out;
  for (const tile_part& t : cs.tile_parts)
    out.append(py::make_tuple(t.tile, t.index, t.num_parts, range({t.header.start, t.stop}), t.header.stop,
                              t.is_whole));
  return out;
}

py::list comment_list(const codestream& cs) {
  py::list out;
  for (const comment& c : cs.comments) {
    const auto* text = reinterpret_cast<const char*>(cs.data.data + c.text.start);
    out.append(py::make_tuple(c.registration, py::bytes(text, static_cast<std::size_t>(c.text.size()))));
  }
  return out;
}

void fill_coding(const codestream& cs, py::dict& d) {
  const coding_defaults& cod = *cs.main.cod;
  d["progression_order"] = cod.progression_order;
  d["num_layers"] = cod.num_layers;
  d["color_transform"] = cod.color_transform;
  d["uses_sop"] = cod.uses_sop;
  d["uses_eph"] = cod.uses_eph;
  d["num_decompositions"] = cod.style.num_decompositions;
  d["reversible"] = cod.style.reversible();
  d["block_size"] = py::make_tuple(1U << cod.style.log_block_height, 1U << cod.style.log_block_width);
  d["precinct_sizes"] =
      cod.style.has_precincts ? py::object(precinct_list(cod.style)) : py::object(py::none());
}

py::object incomplete_text(const examined& e) {
  try {
    check_packets(e);
  } catch (const error& reason) {
    return py::str(reason.what());
  }
  return py::none();
}

py::dict to_dict(const examined& e) {
  const codestream& cs = e.cs;
  py::dict d;
  d["container"] = container_name(cs.file);
  d["codestream"] = range(cs.range);
  d["main_header"] = range(cs.main_header);
  d["rsiz"] = cs.siz.rsiz;
  d["ccap15"] = cs.cap ? py::object(py::int_(cs.cap->ccap15)) : py::object(py::none());
  d["origin"] = py::make_tuple(cs.siz.x0, cs.siz.y0);
  d["extent"] = py::make_tuple(cs.siz.x1, cs.siz.y1);
  d["tile_origin"] = py::make_tuple(cs.siz.tile_x0, cs.siz.tile_y0);
  d["tile_size"] = py::make_tuple(cs.siz.tile_height, cs.siz.tile_width);
  d["num_tiles"] = cs.siz.num_tiles();
  d["components"] = component_list(cs);
  fill_coding(cs, d);
  d["resolutions"] = resolution_list(e);
  d["tile_parts"] = tile_part_list(cs);
  d["comments"] = comment_list(cs);
  d["has_tlm"] = cs.has_tlm;
  d["eoc"] = optional(cs.eoc);
  d["has_roi"] = !cs.main.rgn.empty();
  d["has_tile_part_per_resolution"] = has_tile_part_per_resolution(cs);
  d["has_tile_overrides"] = !cs.tiles.empty();
  d["undecodable"] = e.undecodable ? py::object(py::str(e.undecodable->what())) : py::object(py::none());
  d["incomplete"] = incomplete_text(e);
  return d;
}

py::dict read_info(const py::object& data, const std::optional<std::uint64_t>& max_pixels) {
  const byte_buffer buffer(data);
  return to_dict(examine(buffer.span(), limits_of(max_pixels)));
}

py::bytes extract(const py::object& data, unsigned reduce, const std::optional<std::uint64_t>& max_pixels) {
  const byte_buffer buffer(data);
  std::vector<std::uint8_t> out;
  {
    const without_gil unlocked;
    out = extract_resolution(buffer.span(), reduce, limits_of(max_pixels));
  }
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

// The different (bit depth, signed) among the components, and whether all are reversible: main header only.
py::tuple sample_formats(const py::object& data, const std::optional<std::uint64_t>& max_pixels) {
  const byte_buffer buffer(data);
  const codestream cs = parse_headers(buffer.span(), limits_of(max_pixels));
  std::set<std::pair<unsigned, bool>> formats;
  bool is_reversible = true;
  for (std::uint32_t c = 0; c < cs.siz.num_components(); ++c) {
    formats.emplace(cs.siz.components[c].bit_depth, cs.siz.components[c].is_signed);
    is_reversible = is_reversible && style_of(cs, static_cast<std::uint16_t>(c)).reversible();
  }
  return py::make_tuple(std::vector<std::pair<unsigned, bool>>(formats.begin(), formats.end()),
                        is_reversible);
}

bool is_htj2k(const py::object& data) {
  const byte_buffer buffer(data);
  try {
    parse_headers(buffer.span(), limits_of(std::nullopt));
    return true;
  } catch (const error&) {
    return false;
  }
}

}  // namespace

void bind_info(py::module_& m) {
  m.def("read_info", &read_info, py::arg("data"), py::arg("max_pixels"));
  m.def("extract_resolution", &extract, py::arg("data"), py::arg("reduce"), py::arg("max_pixels"));
  m.def("sample_formats", &sample_formats, py::arg("data"), py::arg("max_pixels"));
  m.def("is_htj2k", &is_htj2k, py::arg("data"));
}

}  // namespace htj2k::bindings
