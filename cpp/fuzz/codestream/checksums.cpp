// The checksums of all resolutions from one decode are those of a decode a resolution.
#include "core/codestream_checksums.hpp"
#include "core/packet_walk.hpp"
#include "fuzz/support.hpp"

using namespace htj2k;

namespace {

std::vector<std::uint32_t> checksums(const open_codestream& opened, bool decode_each_level) {
  checksum_request request;
  request.num_lower = max_reduce(opened.cs);
  request.decode_each_level = decode_each_level;
  std::vector<std::uint32_t> found;
  const auto result = checksum_codestream(opened, {}, request, view_without_memory(layout_at(opened.cs, 0)));
  for (const auto& level : result.resolutions) found.push_back(level.crc32);
  return found;
}

void check(const open_codestream& opened) {
  const auto at_once = fuzz::attempt([&] { return checksums(opened, false); });
  const auto each = fuzz::attempt([&] { return checksums(opened, true); });
  if (!each) return;  // a reduced decode of more than 28 bits is refused
  fuzz::require(at_once.has_value(), "one decode succeeds when many do");
  fuzz::require(*at_once == *each, "one decode tells the checksums of all");
  fuzz::require(each->back() == fuzz::crc32_of(fuzz::decode_opened(opened, 0)),
                "checksums are of the pixels");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_span codestream{data, size};
  const auto opened = fuzz::attempt([&] { return open_strict(codestream, fuzz::small_limits(), 0); });
  if (opened) fuzz::attempt([&] { return check(*opened), true; });
  return 0;
}
