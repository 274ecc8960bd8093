namespace htj2k::kernels {}
