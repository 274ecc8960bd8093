// The codestream parser: boxes, main header, tile-parts. It reads headers only; bodies stay where they are.
#pragma once

#include "core/codestream.hpp"
#include "core/limits.hpp"

namespace htj2k {

struct parse_options {
  limits bounds;
  // Stop after the main header: tile_parts stays empty.
  bool main_header_only = false;
  // A fault in the walk over the tile-parts is kept in codestream::damage instead of thrown: for previews.
  bool keep_damaged = false;
  // That, and the walk goes on behind it: tile-parts that are damaged, and later ones of their tile, are left
  // out.
  bool skip_damaged = false;
};

// Throws NotHTJ2KError when `data` is something else, CodestreamError when a header breaks the standard,
// LimitError before anything large is allocated, and TruncatedError when the main header itself is cut.
// A cut further on is no error here: see check_complete.
codestream parse(byte_span data, const parse_options& options = {});

// The main header alone.
codestream parse_headers(byte_span data, const limits& bounds);

// The steps of parse.
void parse_main_header(codestream& cs, const limits& bounds);
void walk_tile_parts(codestream& cs);
void salvage_tile_parts(codestream& cs);

}  // namespace htj2k
