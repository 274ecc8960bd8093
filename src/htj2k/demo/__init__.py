"""``python -m htj2k.demo OUTPUT``: pydicom's own DICOM files become verified HTJ2K frames, and a picture."""
