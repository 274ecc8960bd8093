#include "core/reused_codestream.hpp"

#include <utility>

#include "core/ojph_messages.hpp"
#include "core/thread_memory.hpp"

namespace htj2k {
namespace {

// A mammogram or a slide tile is kept; beyond, allocation no longer shows in the time, but in the memory.
constexpr std::uint64_t most_kept_samples = std::uint64_t{1} << 24;
// For more of them OpenJPH replaces an array, and when there is no memory for the new one, it keeps, and
// later frees, the address of the old one (param_siz of 0.32.0).
constexpr std::uint32_t most_kept_components = 4;

struct idle_objects {
  std::unique_ptr<ojph::codestream> of_role[2];
};

std::unique_ptr<ojph::codestream>& idle_object(codec_role role) {
  return kept_by_thread<idle_objects>().of_role[role == codec_role::encode];
}

}  // namespace

reused_codestream::reused_codestream(codec_role role) : role_(role), object_(std::move(idle_object(role))) {
  initialize_openjph();
  if (object_ != nullptr)
    object_->restart();
  else
    object_ = std::make_unique<ojph::codestream>();
}

void reused_codestream::release(std::uint64_t samples, std::uint32_t components) {
  if (samples <= most_kept_samples && components <= most_kept_components)
    idle_object(role_) = std::move(object_);
  else
    object_.reset();
}

}  // namespace htj2k
