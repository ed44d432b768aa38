"""The broken platforms, in files by the promise that they break."""
