"""What AWS does and a sandbox by itself does not: `python -m sandbox up --weather KIND,... [--seed S]`.

Each kind of weather stands in a class of its own, with its amounts and where they come from. Most of it lies between
the clients and the AWS API (`door.py`); nothing behind it knows of it, nor does the product.
"""
