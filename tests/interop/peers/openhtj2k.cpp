// A C interface to OpenHTJ2K for openhtj2k.py, which compiles it. blosc2-htj2k brings the library without its
// headers, so what is called of it is declared here: the classes' public functions in version 0.4.0, and
// three structures.
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <vector>

namespace open_htj2k {
struct siz_params {
  uint16_t Rsiz;
  uint32_t Xsiz, Ysiz, XOsiz, YOsiz, XTsiz, YTsiz, XTOsiz, YTOsiz;
  uint16_t Csiz;
  std::vector<uint8_t> Ssiz, XRsiz, YRsiz;
};
struct cod_params {
  uint16_t block_width, block_height;
  bool largest_precincts, sop, eph;
  uint8_t progression_order;
  uint16_t layers;
  uint8_t color_transform, levels, style, transformation;
  std::vector<uint8_t> PPx, PPy;
};
struct qcd_params {
  uint8_t guard_bits;
  bool derived;
  double base_step;
};
class openhtj2k_encoder {
  std::unique_ptr<char> impl;

public:
  openhtj2k_encoder(const char*, const std::vector<int32_t*>&, siz_params&, cod_params&, qcd_params&, uint8_t,
                    bool, uint8_t, uint32_t);
  void set_output_buffer(std::vector<uint8_t>&);
  size_t invoke();
  ~openhtj2k_encoder();
};
class openhtj2k_decoder {
  std::unique_ptr<char> impl;

public:
  openhtj2k_decoder(const uint8_t*, size_t, uint8_t, uint32_t);
  void parse();
  void invoke_line_based(std::vector<int32_t*>&, std::vector<uint32_t>&, std::vector<uint32_t>&,
                         std::vector<uint8_t>&, std::vector<bool>&);
  ~openhtj2k_decoder();
};
}  // namespace open_htj2k

namespace {
template <class F>
int guarded(char* message, F&& call) {
  try {
    call();
    return 0;
  } catch (const std::exception& e) {
    std::strncpy(message, e.what(), 255);
    return 1;
  }
}
}  // namespace

extern "C" {

// `samples` has room for `room` of them; width and height are of the first component.
int htj2k_peer_decode(const uint8_t* data, size_t size, uint8_t reduce, int32_t* samples, size_t room,
                      uint32_t* width, uint32_t* height, char* message) {
  return guarded(message, [&] {
    open_htj2k::openhtj2k_decoder decoder(data, size, reduce, 1);
    decoder.parse();
    std::vector<int32_t*> planes;
    std::vector<uint32_t> widths, heights;
    std::vector<uint8_t> depths;
    std::vector<bool> is_signed;
    // Its other function, invoke, gives other samples from run to run where codeblocks are small.
    decoder.invoke_line_based(planes, widths, heights, depths, is_signed);
    *width = widths.at(0);
    *height = heights.at(0);
    for (size_t c = 0; c < planes.size(); ++c) {
      const size_t n = size_t{widths[c]} * heights[c];
      if (n > room) break;
      std::memcpy(samples, planes[c], n * sizeof(int32_t));
      samples += n;
      room -= n;
    }
  });
}

// `shape` is rows, columns, components; `parameters` are bits, signed, levels, colour transform, progression
// order, exponents of block rows and columns less 2, tile rows, tile columns, reversible; `precincts` are
// exponents of rows and columns.
int htj2k_peer_encode(const int32_t* samples, const uint32_t* shape, const uint32_t* parameters, double step,
                      const uint8_t* precincts, uint32_t precinct_count, uint8_t* out, size_t* size,
                      char* message) {
  return guarded(message, [&] {
    const uint32_t rows = shape[0], columns = shape[1], components = shape[2];
    open_htj2k::siz_params siz{};
    siz.Xsiz = columns, siz.Ysiz = rows, siz.XTsiz = parameters[8], siz.YTsiz = parameters[7];
    siz.Csiz = static_cast<uint16_t>(components);
    siz.Ssiz.assign(components, static_cast<uint8_t>((parameters[0] - 1) | parameters[1] << 7));
    siz.XRsiz.assign(components, 1), siz.YRsiz.assign(components, 1);
    open_htj2k::cod_params cod{};
    cod.block_height = static_cast<uint16_t>(parameters[5]),
    cod.block_width = static_cast<uint16_t>(parameters[6]);
    cod.largest_precincts = precinct_count == 0;
    cod.progression_order = static_cast<uint8_t>(parameters[4]), cod.layers = 1;
    cod.color_transform = static_cast<uint8_t>(parameters[3]),
    cod.levels = static_cast<uint8_t>(parameters[2]);
    cod.style = 0x40, cod.transformation = static_cast<uint8_t>(parameters[9]);
    for (uint32_t i = 0; i < precinct_count; ++i) {
      cod.PPy.push_back(precincts[2 * i]), cod.PPx.push_back(precincts[2 * i + 1]);
    }
    open_htj2k::qcd_params qcd{1, false, step};
    std::vector<int32_t> copy(samples, samples + size_t{rows} * columns * components);
    std::vector<int32_t*> planes;
    for (uint32_t c = 0; c < components; ++c) planes.push_back(copy.data() + size_t{c} * rows * columns);
    std::vector<uint8_t> codestream;
    constexpr uint8_t no_qfactor = 0xFF;
    open_htj2k::openhtj2k_encoder encoder("", planes, siz, cod, qcd, no_qfactor, false, 0, 1);
    encoder.set_output_buffer(codestream);
    encoder.invoke();
    if (codestream.size() <= *size) std::memcpy(out, codestream.data(), codestream.size());
    *size = codestream.size();
  });
}
}
