package sessionstore

// CheckSpace tells whether a store in dir would accept writes: ErrFull when its
// disk is nearly full. The folder must exist; the store need not be open.
func CheckSpace(dir string) error {
	free, err := freeBytes(dir)
	if err == nil && free < reserve {
		return ErrFull
	}
	return err
}
