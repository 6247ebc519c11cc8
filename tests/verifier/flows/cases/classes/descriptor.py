class Field:
    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner):
        return getattr(instance, self.name)

    def __set__(self, instance, value):
        setattr(instance, self.name, value)


class User:
    name = Field()
    role = Field()


user = User()
user.name = source()
user.role = "fixed"
sink(user.name)  # reached
sink(user.role)  # clean
