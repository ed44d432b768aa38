"""One run of the features: what behave's hooks and the steps hold in their hands."""
