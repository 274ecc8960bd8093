#include "core/native/part1_block.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/native/mq_decoder.hpp"
#include "core/native/part1_bytes.hpp"
#include "core/native/part1_contexts.hpp"

namespace htj2k::native {
namespace {

// A stripe is four rows; its columns are visited from left to right, each from top to bottom (T.800 D.1).
constexpr std::uint32_t stripe_height = 4;

template <typename Word>
class part1_decoder {
public:
  part1_decoder(const block_size& size, const block_coding& coding, Word* words, std::size_t stride)
      : size_(size),
        style_(coding.style),
        stripe_causal_(coding.stripe_causal()),
        significance_(significance_contexts_of(coding.band)),
        words_(words),
        stride_(stride),
        flag_stride_(size.width + std::size_t{2}),
        flags_(flag_stride_ * (size.height + std::size_t{2})) {
    std::fill_n(words_, stride * size.height, Word{0});
    reset_contexts();
  }

  bool decode(const block_bytes& bytes, unsigned missing_planes) {
    unsigned pass = 0;
    for (const block_segment& segment : bytes.segments()) {
      mq_decoder mq(bytes.at(segment));
      raw_bits raw(bytes.at(segment));
      for (unsigned i = 0; i < segment.passes; ++i, ++pass) {
        bit_ = Word{1} << (8 * sizeof(Word) - 2 - missing_planes - (pass + 2) / 3);
        if (!decode_pass(pass, mq, raw)) return false;
        if (style_.reset) reset_contexts();
      }
    }
    return true;
  }

private:
  void reset_contexts() {
    contexts_.fill({});
    contexts_[0].state = 4;  // Table D.7
    contexts_[run_length_context].state = 3;
    contexts_[uniform_context].state = 46;
  }

  bool decode_pass(unsigned pass, mq_decoder& mq, raw_bits& raw) {
    if (pass % 3 == 0) {
      clean_up(mq);
      return !style_.has_end_symbols || read_end_symbol(mq);
    }
    const bool is_significance = pass % 3 == 1;
    if (style_.is_raw(pass))
      is_significance ? propagate_significance(raw) : refine(raw);
    else
      is_significance ? propagate_significance(mq) : refine(mq);
    return true;
  }

  // D.5: 1, 0, 1, 0.
  bool read_end_symbol(mq_decoder& mq) {
    unsigned symbol = 0;
    for (int i = 0; i < 4; ++i) symbol = symbol << 1 | mq.decode(contexts_[uniform_context]);
    return symbol == 10;
  }

  unsigned read(mq_decoder& mq, unsigned context) { return mq.decode(contexts_[context]); }
  unsigned read(raw_bits& raw, unsigned) { return raw.bit(); }

  bool read_sign(mq_decoder& mq, unsigned flags) {
    const sign_context found = sign_context_of(flags);
    return (mq.decode(contexts_[found.context]) ^ found.flip) != 0;
  }
  bool read_sign(raw_bits& raw, unsigned) { return raw.bit() != 0; }

  std::uint16_t* flags_at(std::uint32_t x, std::uint32_t y) {
    return flags_.data() + (y + std::size_t{1}) * flag_stride_ + x + 1;
  }

  std::uint32_t stripe_stop(std::uint32_t y) const { return std::min(size_.height, y + stripe_height); }

  // f(x, y, flags) of every sample in the order of the standard.
  template <typename Visit>
  void for_all(Visit visit) {
    for (std::uint32_t top = 0; top < size_.height; top += stripe_height)
      for (std::uint32_t x = 0; x < size_.width; ++x)
        for (std::uint32_t y = top; y < stripe_stop(top); ++y) visit(x, y, *flags_at(x, y));
  }

  // Neighbours learn of it; those of the stripe above not, where contexts are to be causal.
  void make_significant(std::uint32_t x, std::uint32_t y, bool is_negative) {
    constexpr Word sign = Word{1} << (8 * sizeof(Word) - 1);
    words_[y * stride_ + x] = bit_ | bit_ >> 1 | (is_negative ? sign : 0);
    std::uint16_t* const own = flags_at(x, y);
    const auto tell = [&](std::uint16_t* neighbor, unsigned flag, unsigned negative_flag) {
      *neighbor = static_cast<std::uint16_t>(*neighbor | flag | (is_negative ? negative_flag : 0));
    };
    tell(own, significant, 0);
    tell(own - 1, east, east_is_negative);
    tell(own + 1, west, west_is_negative);
    std::uint16_t* const below = own + flag_stride_;
    tell(below, north, north_is_negative);
    tell(below - 1, northeast, 0);
    tell(below + 1, northwest, 0);
    if (stripe_causal_ && y % stripe_height == 0) return;
    std::uint16_t* const above = own - flag_stride_;
    tell(above, south, south_is_negative);
    tell(above - 1, southeast, 0);
    tell(above + 1, southwest, 0);
  }

  template <typename Source>
  void read_significance(Source& source, std::uint32_t x, std::uint32_t y, const std::uint16_t& flags) {
    if (read(source, significance_[flags & any_neighbor]) != 0)
      make_significant(x, y, read_sign(source, flags));
  }

  template <typename Source>
  void propagate_significance(Source& source) {
    for_all([&](std::uint32_t x, std::uint32_t y, std::uint16_t& flags) {
      if ((flags & significant) != 0 || (flags & any_neighbor) == 0) return;
      read_significance(source, x, y, flags);
      flags |= visited;
    });
  }

  // The half that stands for all lower planes moves down by one.
  template <typename Source>
  void refine(Source& source) {
    for_all([&](std::uint32_t x, std::uint32_t y, std::uint16_t& flags) {
      if ((flags & significant) == 0 || (flags & visited) != 0) return;
      Word& word = words_[y * stride_ + x];
      if (read(source, refinement_context_of(flags)) == 0) word ^= bit_;
      word |= bit_ >> 1;
      flags |= refined;
    });
  }

  void clean_up(mq_decoder& mq) {
    for (std::uint32_t top = 0; top < size_.height; top += stripe_height)
      for (std::uint32_t x = 0; x < size_.width; ++x) clean_up_column(mq, x, top);
  }

  void clean_up_column(mq_decoder& mq, std::uint32_t x, std::uint32_t y) {
    const std::uint32_t stop = stripe_stop(y);
    if (is_run(x, y)) {
      if (read(mq, run_length_context) == 0) return;
      y += read(mq, uniform_context) << 1;
      y += read(mq, uniform_context);
      make_significant(x, y, read_sign(mq, *flags_at(x, y)));
      ++y;
    }
    for (; y < stop; ++y) {
      std::uint16_t& flags = *flags_at(x, y);
      if ((flags & (significant | visited)) == 0) read_significance(mq, x, y, flags);
      flags &= static_cast<std::uint16_t>(~visited);
    }
  }

  // Whether nothing is known of the samples of a whole column of a stripe and of their neighbours.
  bool is_run(std::uint32_t x, std::uint32_t y) {
    if (size_.height - y < stripe_height) return false;
    unsigned all = 0;
    for (std::uint32_t i = 0; i < stripe_height; ++i) all |= *flags_at(x, y + i);
    return (all & (any_neighbor | significant | visited)) == 0;
  }

  block_size size_;
  part1_style style_;
  bool stripe_causal_;
  const significance_contexts& significance_;
  Word* words_;
  std::size_t stride_;
  std::size_t flag_stride_;  // with a border on each side
  std::vector<std::uint16_t> flags_;
  std::array<mq_context, num_contexts> contexts_;
  Word bit_ = 0;  // of the plane that is decoded
};

}  // namespace

template <typename Word>
bool decode_part1_block(byte_span data, const coded_block& block, const block_size& size,
                        const block_coding& coding, Word* words, std::size_t stride) {
  block_bytes bytes;
  if (!bytes.collect(data, block, *coding.pieces, part1_style(coding.style))) return false;
  return part1_decoder<Word>(size, coding, words, stride).decode(bytes, block.missing_planes);
}

template bool decode_part1_block(byte_span, const coded_block&, const block_size&, const block_coding&,
                                 std::uint32_t*, std::size_t);
template bool decode_part1_block(byte_span, const coded_block&, const block_size&, const block_coding&,
                                 std::uint64_t*, std::size_t);

}  // namespace htj2k::native
