"""How the papers whose claims this package has are cited."""

CITATIONS = {
    "chen2020": ("Chen 2020", "Chen et al. 2020, arXiv 2007.12223", "https://arxiv.org/abs/2007.12223"),
    "prasanna2020": ("Prasanna 2020", "Prasanna et al. 2020, arXiv 2005.00561", "https://arxiv.org/abs/2005.00561"),
    "lth": ("lth", "this project's own claim", ""),
}
"""Short name, long name and link, by the name that a claim gives. Other names are shown as they are."""
