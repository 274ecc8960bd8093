#include "core/parser.hpp"

#include "core/boxes.hpp"
#include "core/sniff.hpp"

namespace htj2k {

codestream parse(byte_span data, const parse_options& options) {
  codestream cs;
  cs.data = data;
  if (is_box_file(data))
    find_codestream(data, cs);
  else if (is_codestream(data))
    cs.range = {0, data.size};
  else
    refuse_foreign(data);

  cs.packet_allowance = options.bounds.packet_allowance;
  parse_main_header(cs, options.bounds);
  check_memory_limit(cs, options.bounds);
  if (options.main_header_only) return cs;
  if (options.skip_damaged) {
    salvage_tile_parts(cs);
  } else {
    try {
      walk_tile_parts(cs);
    } catch (const error& e) {
      if (!options.keep_damaged) throw;
      cs.damage = e;
    }
  }
  if (!cs.tiles.empty()) check_memory_limit(cs, options.bounds);
  return cs;
}

codestream parse_headers(byte_span data, const limits& bounds) {
  parse_options options;
  options.bounds = bounds;
  options.main_header_only = true;
  return parse(data, options);
}

}  // namespace htj2k
