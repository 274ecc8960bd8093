// Everything that reads headers, over arbitrary bytes, as read_info does: without a limit on pixels, so
// headers must be cheap whatever they say.
#include "core/completeness.hpp"
#include "core/decodable.hpp"
#include "core/packet_walk.hpp"
#include "core/parser.hpp"
#include "core/resolutions.hpp"
#include "fuzz/support.hpp"

using namespace htj2k;

namespace {

void check_range(byte_range range, std::uint64_t size) {
  fuzz::require(range.start <= range.stop && range.stop <= size, "a range lies in the data");
}

void check_ranges(const codestream& cs) {
  check_range(cs.range, cs.data.size);
  check_range(cs.main_header, cs.range.stop);
  for (const tile_part& part : cs.tile_parts) check_range(part.header, cs.range.stop);
  for (const comment& c : cs.comments) check_range(c.text, cs.range.stop);
  if (cs.eoc) fuzz::require(*cs.eoc + 2 <= cs.range.stop, "EOC lies in the codestream");
}

bool examine(byte_span data) {
  parse_options options;
  options.keep_damaged = true;
  options.bounds.max_pixels = UINT64_MAX;
  options.bounds.packet_allowance = fuzz::small_limits().packet_allowance;
  const codestream cs = parse(data, options);
  check_ranges(cs);
  resolution_stops(cs);
  fuzz::attempt([&] { return check_complete(cs), true; });
  check_decodable(cs);
  proven_stops(cs, walk_packets(cs, 0));
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::attempt([&] { return examine({data, size}); });
  return 0;
}
