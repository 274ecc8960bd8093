// The bytes of a Part 1 codeblock, which lie in pieces all over a codestream, as codeword segments.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/bytes.hpp"
#include "core/coded_block.hpp"

namespace htj2k::native {

// A codeword segment: how many passes it is, and where its bytes begin in block_bytes.
struct block_segment {
  unsigned passes;
  std::size_t start;
};

class block_bytes {
public:
  // False when a byte is missing, or two look like a marker, which no segment may hold.
  bool collect(byte_span data, const coded_block& block, const part1_pieces& pieces,
               const part1_style& style) {
    std::vector<const part1_piece*> own;
    for (std::uint32_t i = block.last_piece(); i != 0; i = pieces[i - 1].previous)
      own.push_back(&pieces[i - 1]);
    std::reverse(own.begin(), own.end());
    unsigned pass = 0, left = 0;
    for (const part1_piece* piece : own) {
      if (!holds(data, piece->offset, piece->size)) return false;
      if (left == 0) {
        end_segment();
        segments_.push_back({0, bytes_.size()});
        left = style.passes_left_in_segment(pass);
      }
      bytes_.insert(bytes_.end(), data.data + piece->offset, data.data + piece->offset + piece->size);
      segments_.back().passes += piece->passes;
      pass += piece->passes;
      left -= piece->passes;
    }
    end_segment();
    return !has_marker_;
  }

  const std::vector<block_segment>& segments() const { return segments_; }
  const std::uint8_t* at(const block_segment& segment) const { return bytes_.data() + segment.start; }

private:
  void end_segment() {
    if (segments_.empty()) return;
    for (std::size_t i = segments_.back().start; i + 1 < bytes_.size(); ++i)
      has_marker_ = has_marker_ || (bytes_[i] == 0xFF && bytes_[i + 1] > 0x8F);
    bytes_.insert(bytes_.end(), 2, 0xFF);
  }

  std::vector<std::uint8_t> bytes_;
  std::vector<block_segment> segments_;
  bool has_marker_ = false;
};

}  // namespace htj2k::native
