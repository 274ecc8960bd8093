// Everything that reads headers, over arbitrary bytes: only htj2k::error may come out.
#include "core/parser.hpp"

#include <cstddef>
#include <cstdint>

#include "core/completeness.hpp"
#include "core/decodable.hpp"
#include "core/extract.hpp"
#include "core/packet_walk.hpp"
#include "core/resolutions.hpp"

namespace {

template <typename Step>
void attempt(Step step) {
  try {
    step();
  } catch (const htj2k::error&) {
  }
}

void examine(htj2k::byte_span data) {
  htj2k::parse_options options;
  options.keep_damaged = true;
  const htj2k::codestream cs = htj2k::parse(data, options);
  htj2k::resolution_stops(cs);
  attempt([&] { htj2k::check_complete(cs); });
  htj2k::check_decodable(cs);
  htj2k::proven_stops(cs, htj2k::walk_packets(cs, 0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const htj2k::byte_span bytes{data, size};
  attempt([&] { examine(bytes); });
  for (const unsigned reduce : {0U, 1U, 5U}) attempt([&] { htj2k::extract_resolution(bytes, reduce); });
  return 0;
}
