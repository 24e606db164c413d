# What a run of the live tests makes: this repository's modules, in one root module. All that it
# makes can be tagged, so that `infra sweep` finds it; a dashboard can't, so nothing here has one.
terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

variable "account_id" {
  description = "The sandbox account. Credentials of another one fail before they change anything."
  type        = string
}

variable "image" {
  description = "The image of an App Runner service, from a repository that is there already, or null for no service."
  type = object({
    digest         = string
    repository_arn = string
    repository_url = string
  })
}

variable "name" {
  description = "The name of the run, which everything begins with."
  type        = string
}

variable "region" {
  description = "The region."
  type        = string
}

variable "tags" {
  description = "The tags of everything: the run, its owner, and when it may be swept."
  type        = map(string)
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = var.tags
  }
}

module "bucket" {
  source = "../../modules/s3_bucket"

  name                = "${var.name}-${var.account_id}"
  eventbridge_enabled = true
  force_destroy       = true
}

module "repository" {
  source = "../../modules/ecr_repository"

  name         = var.name
  force_delete = true
}

module "roles" {
  source = "../../modules/app_runner_roles"

  name            = var.name
  buckets         = { data = { arn = module.bucket.arn, read_prefixes = ["models/"] } }
  repository_arns = concat([module.repository.arn], var.image == null ? [] : [var.image.repository_arn])
}

module "observability" {
  source = "../../modules/observability"

  name                  = var.name
  log_group_name        = "/${var.name}/application"
  log_retention_in_days = 1
}

module "drift_alarm" {
  source = "../../modules/drift_alarm"

  name           = "${var.name}-drift"
  bucket_name    = module.bucket.name
  period_seconds = 60
  topic_arn      = module.observability.topic_arn
}

module "service" {
  count  = var.image == null ? 0 : 1
  source = "../../modules/app_runner_service"

  name              = var.name
  access_role_arn   = module.roles.access_role_arn
  image_digest      = var.image.digest
  instance_role_arn = module.roles.instance_role_arn
  repository_url    = var.image.repository_url
  scaling           = { max_instances = 1 }
  size              = { cpu = 256, memory = 512 }
}

output "alarm" {
  description = "The name of the alarm on drift reports."
  value       = module.drift_alarm.alarm_name
}

output "bucket" {
  description = "The name of the bucket."
  value       = module.bucket.name
}

output "log_group" {
  description = "The name of the log group."
  value       = module.observability.log_group_name
}

output "repository" {
  description = "The name of the repository."
  value       = module.repository.name
}

output "roles" {
  description = "The names of App Runner's roles: of the pull, and of the application."
  value       = { access = module.roles.access_role_name, instance = module.roles.instance_role_name }
}

output "rule" {
  description = "The name of the rule on drift reports."
  value       = module.drift_alarm.rule_name
}

output "service_arn" {
  description = "The ARN of the service, or null where none was asked for."
  value       = one(module.service[*].arn)
}

output "topic" {
  description = "The ARN of the topic that the alarm tells."
  value       = module.observability.topic_arn
}
