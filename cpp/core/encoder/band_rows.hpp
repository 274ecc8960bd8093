// Where the rows of a subband go.
#pragma once

namespace htj2k::encoder {

template <typename T>
class band_target {
public:
  virtual ~band_target() = default;
  // Where the next row is to be written, from the top down; valid until row_is_written(), and until then the
  // same at every call. Never asked of an empty subband.
  virtual T* next_row() = 0;
  virtual void row_is_written() = 0;
};

}  // namespace htj2k::encoder
