from package_index import package_index

__all__ = ["package_index"]
