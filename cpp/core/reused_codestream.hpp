// OpenJPH's codestream objects keep their memory when they are restarted, which is a good part of the time of
// a small frame. Each thread keeps one for decoding and one for encoding.
#pragma once

#include <ojph_codestream.h>

#include <cstdint>
#include <memory>

namespace htj2k {

enum class codec_role { decode, encode };

// Takes this thread's object, or a new one; gives it back only after release(): whatever ends in an exception
// leaves no trace in the next image.
class reused_codestream {
public:
  explicit reused_codestream(codec_role role);
  ojph::codestream* operator->() { return object_.get(); }
  ojph::codestream& operator*() { return *object_; }

  // The image is done. Objects that have grown with a large one, or hold many components, are not kept.
  void release(std::uint64_t samples, std::uint32_t components);

private:
  codec_role role_;
  std::unique_ptr<ojph::codestream> object_;
};

}  // namespace htj2k
